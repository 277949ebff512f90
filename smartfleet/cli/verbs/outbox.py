"""What `smartfleet outbox` does."""

from __future__ import annotations

import time
from pathlib import Path

from smartfleet.campaign.listings import Listings
from smartfleet.cli.codes import FAILED
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format, confirm
from smartfleet.cli.output import emit, say, suggest
from smartfleet.cli.sending import queue_untold, sender, tell
from smartfleet.cli.session import reporting
from smartfleet.errors import UsageError
from smartfleet.model.sending import OutboxDocument, OutboxEntry
from smartfleet.report import terminal
from smartfleet.store import Store
from smartfleet.store.outbox import unsent
from smartfleet.text import number_of, visible


def list_(*, folder: Path, form: Format, sent: bool) -> None:
    fleet = open_fleet(folder)
    known = open_store(fleet).outbox()
    document = OutboxDocument(messages=known if sent else unsent(known))
    emit(form, document, document.messages, lambda: terminal.outbox(document, time.time()))
    suggest(fleet, "smartfleet outbox send" if unsent(document.messages) else "")


def send(*, names: tuple[str, ...], folder: Path, form: Format) -> int:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    if not names:
        queue_untold(fleet, store, reporting(fleet, store, Listings()))
    wanted = [entry.id for entry in _wanted(store, names)]
    tell(sender(fleet, store).named(wanted))
    document = OutboxDocument(messages=unsent(store.outbox()))
    emit(form, document, document.messages, lambda: terminal.outbox(document, time.time()))
    # what another process is sending is not sent yet either
    return FAILED if any(entry.id in wanted for entry in document.messages) else 0


def drop(*, names: tuple[str, ...], folder: Path, yes: bool) -> int:
    fleet = open_fleet(folder)
    store = open_store(fleet)
    wanted = _wanted(store, names)
    if not confirm(f"Drop {number_of(len(wanted), 'message')} unsent?", yes=yes):
        return 0
    gone = store.drop_messages([entry.id for entry in wanted])
    say(f"dropped: {number_of(len(gone), 'message')}")
    left = len(wanted) - len(gone)
    if left:
        say(f"not dropped: {number_of(left, 'message')}, which are being sent; see smartfleet outbox in 10 minutes")
    return FAILED if left else 0


def _wanted(store: Store, names: tuple[str, ...]) -> list[OutboxEntry]:
    known = unsent(store.outbox())
    strangers = [visible(name) for name in names if name not in {entry.id for entry in known}]
    if strangers:
        raise UsageError(
            "outbox/no-such-message",
            f"no message {', '.join(strangers)} waits to be sent",
            do="smartfleet outbox shows those that do",
        )
    return [entry for entry in known if not names or entry.id in names]
