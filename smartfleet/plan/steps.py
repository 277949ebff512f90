"""What `account_move` will do to a profile, told to people."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.checks.view import Aim, ProfileView
from smartfleet.model.plan import InstallPlan, ProfileMove
from smartfleet.text import bytes_text, number_of, visible


def steps(view: ProfileView, order: ProfileMove, aim: Aim) -> list[str]:
    return [*_before(view, order, aim), *_install(aim.install), *_change(view, order), *_after(view)]


def _before(view: ProfileView, order: ProfileMove, aim: Aim) -> Iterator[str]:
    """Up to here nothing of the user's is changed."""
    folders = [folder for one in view.on("old") for folder in one.folders]
    files, size = sum(folder.files for folder in folders), sum(folder.bytes for folder in folders)
    yield f"prove that {aim.new} is the Nextcloud these files are from, and that nothing changed since the audit"
    if view.facts.client:
        yield f"stop the client of {_user(view)}{_in_session(view)}"
    yield f"back up nextcloud.cfg and {number_of(len(folders), 'journal')}"
    digests = " with their digests" if order.digests else ""
    yield f"note down {number_of(files, 'file')} ({bytes_text(size)}){digests}, to compare them afterwards"


def _install(install: InstallPlan | None) -> Iterator[str]:
    if install is None:
        return
    version = f" {install.version}" if install.version else ""
    match install.kind:
        case "msi":
            source, digest = visible(install.package), install.sha256[:12]
            yield f"install client{version}: this machine fetches {source} and checks its SHA-256 ({digest}...)"
        case "winget":
            yield f"install client{version} with winget ({install.package})"
        case "package":
            yield f"install the package {install.package} ({install.state})"


def _change(view: ProfileView, order: ProfileMove) -> Iterator[str]:
    for account in order.accounts:
        yield f"account {visible(account.login)}: {visible(account.old_url)} becomes {account.new_url}"
    named = sum(edit.key.endswith("journalPath") for edit in order.edits)
    if named:
        yield f"name {number_of(named, 'journal')} in nextcloud.cfg, so that the client finds it under the new URL"
    yield _sign_in(view, order)
    if order.cookies:
        yield f"remove the old server's cookies ({', '.join(visible(name) for name in order.cookies)})"


def _after(view: ProfileView) -> Iterator[str]:
    started = f"start the client{_in_session(view)}"
    yield f"{started}, and prove that it uses the new URL, the same journal and the same files"
    if view.windows and any(folder.virtual_files == "wincfapi" for one in view.on("old") for folder in one.folders):
        yield "take the old server's sync root out of Explorer's list (SyncRootManager); files and placeholders stay"


def _sign_in(view: ProfileView, order: ProfileMove) -> str:
    if order.strategy == "reconnect":
        return "copy no password: the client asks the user to sign in"
    required = sum(secret.required for secret in order.secrets)
    if view.windows:
        what = f"{number_of(required, 'password')}, and keys that belong to it,"
        return f"copy {what} in the Credential Manager, by a scheduled task that runs as {_user(view)} and is then gone"
    optional = len(order.secrets) - required
    more = f" (and up to {optional} more, if they are there)" if optional else ""
    return f"copy {number_of(required, 'password')} inside the user's keyring{more}"


def _in_session(view: ProfileView) -> str:
    """WinRM does not reach a user's desktop: what happens there is done by a scheduled task of the user."""
    return ", in the user's own session" if view.windows else ""


def _user(view: ProfileView) -> str:
    return visible(view.facts.user)
