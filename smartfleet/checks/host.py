"""Checks of the machine: system, client, session and keyring."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.checks.config import is_encrypted
from smartfleet.checks.reasons import reason
from smartfleet.checks.view import Aim, ProfileView
from smartfleet.model.plan import Refusal
from smartfleet.nextcloud import keys, versions
from smartfleet.text import visible

_NOT_YET = {"darwin": ("macos-not-yet", "macOS"), "windows": ("windows-not-yet", "Windows")}


def host_reasons(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """What about the machine speaks against a move."""
    if view.os in _NOT_YET:
        code, name = _NOT_YET[view.os]
        yield reason(code, f"accounts on {name} cannot be moved yet")
    if view.client is None and view.facts.client is None and not aim.installs:
        yield reason("client-missing", "no Nextcloud client is installed")
    if view.secrets is None and aim.strategy == "move":
        for one in view.on("old"):
            if is_encrypted(one):
                why = _session_problem(view)
                yield reason("e2ee-no-session", f"account {one.label} uses end-to-end encryption, and {why}")


def host_warnings(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """What about the machine is worth knowing."""
    version = view.client.version if view.client else view.client_version
    if versions.is_unsafe(version):
        yield reason("client-unsafe", f"client {visible(version)} is known not to sync some files")
    if aim.strategy != "move" or not view.on("old"):
        return
    if view.secrets is None:
        session = view.facts.session
        code = "no-session" if session.state == "none" else f"keyring-{session.keyring}"
        yield reason(code, f"{_session_problem(view)}: {_consequence(aim)}")
        return
    for one in view.on("old"):
        for copy in keys.secret_copies(one.account, one.account.url, aim.new, view.secrets):
            if copy.required and not {copy.source, copy.target} & set(view.secrets):
                yield reason("secret-missing", f"the keyring has no password for {one.label}")


def _session_problem(view: ProfileView) -> str:
    session = view.facts.session
    if session.state == "none":
        return f"{visible(view.facts.user)} is not logged in"
    return "the keyring is locked" if session.keyring == "locked" else "there is no keyring"


def _consequence(aim: Aim) -> str:
    if aim.on_missing_session == "defer":
        return "as things are, the move will wait"
    return "as things are, the user will have to sign in"
