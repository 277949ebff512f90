"""What `smartfleet fix` mends in a profile that needs no move: reasons to look twice, each with that remedy."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.checks.reasons import reason
from smartfleet.checks.second_copy import second_copies
from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.facts import FolderFacts
from smartfleet.model.plan import Refusal
from smartfleet.nextcloud.names import login_key
from smartfleet.text import bytes_text, visible


def mendable(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """One warning for each thing that an account on the new server suffers from."""
    if not view.on("new"):
        return
    for copy in second_copies(view, aim):
        message = f"{visible(copy.local_path)} and {visible(copy.other_path)}: {bytes_text(copy.bytes_wasted)} twice"
        yield reason("second-copy", message)
    for folder in unnamed_journals(view):
        yield reason("journal-unnamed", f"{visible(folder.local_path)}: nextcloud.cfg does not name its journal")
    if is_stopped(view):
        yield reason("client-stopped", f"{visible(view.facts.user)} is logged in, and no client runs")
    for account in unsigned(view):
        yield reason("sign-in-waits", f"the keyring has no password for {account.label}")


def unnamed_journals(view: ProfileView) -> Iterator[FolderFacts]:
    """Folders on the new server whose journal is there and found by its name's hash alone."""
    for account in view.on("new"):
        for folder in account.folders:
            if not folder.journal_named and folder.journal.state == "ok":
                yield folder


def is_stopped(view: ProfileView) -> bool:
    """Whether an account on the new server is not synced although its user is at the desk."""
    facts, session = view.facts, view.facts.session
    at_desk = session.state == "active" and session.display
    return bool(view.on("new")) and facts.client is None and at_desk and view.client is not None


def unsigned(view: ProfileView) -> Iterator[AccountView]:
    """Accounts on the new server whose client asks, or will ask, for the password."""
    known = view.secrets
    if known is None or view.windows:
        return
    for one in view.on("new"):
        account = one.account
        names = {login_key(account.login, account.url, number) for number in (account.number, "")}
        if names.isdisjoint(known):
            yield one
