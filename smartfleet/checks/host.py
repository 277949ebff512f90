"""Checks of the machine: system, client, session and keyring."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.checks.config import is_encrypted
from smartfleet.checks.reasons import reason
from smartfleet.checks.view import Aim, ProfileView
from smartfleet.model.plan import Refusal
from smartfleet.nextcloud import keys, versions
from smartfleet.text import visible


def host_reasons(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """What about the machine speaks against a move."""
    if view.os == "darwin":
        yield reason("macos-not-yet", "accounts on macOS cannot be moved yet")
    if view.client is None and view.facts.client is None and not aim.installs:
        yield reason("client-missing", "no Nextcloud client is installed")
    if not view.can_copy_secrets and aim.strategy == "move":
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
    session, known = view.facts.session, view.secrets
    if not view.can_copy_secrets:
        code = "no-session" if session.state == "none" else f"keyring-{session.keyring}"
        yield reason(code, f"{_session_problem(view)}: {_consequence(aim)}")
    for one in view.on("old") if known is not None else ():
        copy = keys.required_copy(one.account, one.account.url, aim.new, known)
        if not {copy.source, copy.target} & set(known or ()):
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
