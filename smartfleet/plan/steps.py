"""What `account_move` will do to a profile, told to people."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.checks.view import Aim, ProfileView
from smartfleet.model.plan import ProfileMove
from smartfleet.text import bytes_text, number_of, visible


def steps(view: ProfileView, order: ProfileMove, aim: Aim) -> list[str]:
    return list(_steps(view, order, aim))


def _steps(view: ProfileView, order: ProfileMove, aim: Aim) -> Iterator[str]:
    folders = [folder for one in view.on("old") for folder in one.folders]
    files, size = sum(folder.files for folder in folders), sum(folder.bytes for folder in folders)
    yield f"prove that {aim.new} is the Nextcloud these files are from, and that nothing changed since the audit"
    if view.facts.client:
        yield f"stop the client of {visible(view.facts.user)}"
    yield f"back up nextcloud.cfg and {number_of(len(folders), 'journal')}"
    digests = " with their digests" if order.digests else ""
    yield f"note down {number_of(files, 'file')} ({bytes_text(size)}){digests}, to compare them afterwards"
    for account in order.accounts:
        yield f"account {visible(account.login)}: {visible(account.old_url)} becomes {account.new_url}"
    named = sum(edit.key.endswith("journalPath") for edit in order.edits)
    if named:
        yield f"name {number_of(named, 'journal')} in nextcloud.cfg, so that the client finds it under the new URL"
    yield _sign_in(order)
    if order.cookies:
        yield f"remove the old server's cookies ({', '.join(visible(name) for name in order.cookies)})"
    yield "start the client, and prove that it uses the new URL, the same journal and the same files"


def _sign_in(order: ProfileMove) -> str:
    if order.strategy == "reconnect":
        return "copy no password: the client asks the user to sign in"
    required = sum(secret.required for secret in order.secrets)
    optional = len(order.secrets) - required
    more = f" (and up to {optional} more, if they are there)" if optional else ""
    return f"copy {number_of(required, 'password')} inside the user's keyring{more}"
