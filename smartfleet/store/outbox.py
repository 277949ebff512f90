"""What is to be sent: written down before it is tried, and kept until somebody got it or an admin lets it go."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from smartfleet.model.sending import Message, OutboxEntry
from smartfleet.store.database import Part
from smartfleet.store.documents import read_document
from smartfleet.store.tables import OUTBOX, RUNS

SENDING = 600.0
"""Seconds for which a message belongs to the process that tries it; who died in between has lost it then."""
KEPT = 30 * 86_400.0
"""Seconds for which it is remembered that a message was sent, without what was in it."""
_SHOWN = ("id", "created", "target", "kind", "state", "attempts", "next_at", "trouble")
_TAKEN = (OUTBOX.target, OUTBOX.kind, OUTBOX.created, OUTBOX.attempts, OUTBOX.document)


@dataclass(frozen=True)
class Taken:
    """A message that this process tries now. `attempts` counts this one."""

    id: str
    target: str
    kind: str
    created: float
    attempts: int
    document: str

    @cached_property
    def message(self) -> Message:
        """Raises StoreError where it cannot be read, which is a matter of this message alone."""
        return read_document(Message, self.document)


class Outbox(Part):
    """Messages by an id that stays the same over all attempts, so that a receiver can tell a second copy."""

    def untold(self, since: float) -> list[str]:
        """Runs that ended after that moment and whose messages were not written down, the oldest first."""
        wanted = select(RUNS.id).where(RUNS.told == 0, RUNS.finished > since).order_by(RUNS.number)
        return [row.id for row in self._database.rows(wanted)]

    def add_news(self, run: str, kind: str, messages: Mapping[str, Message]) -> None:
        """What is to be sent of a run that ended, by target; with it the run is told, also where that is nothing.

        Nothing happens to a run that another process told meanwhile.
        """
        rows = [_row(target, kind, message) for target, message in messages.items()]

        def work(connection: Connection) -> None:
            told = update(RUNS.table).where(RUNS.id == run, RUNS.told == 0).values(told=1).returning(RUNS.id)
            if connection.execute(told).first() is not None and rows:
                _insert(connection, rows)

        self._database.write(work)

    def add_message(self, target: str, kind: str, message: Message) -> str:
        """To be sent as soon as possible; answers with its id."""
        row = _row(target, kind, message)
        self._database.write(lambda connection: _insert(connection, [row]))
        return str(row["id"])

    def outbox(self) -> list[OutboxEntry]:
        """All that is remembered, the oldest first; without what is in it, which may be large."""
        shown = select(*(getattr(OUTBOX, name) for name in _SHOWN))
        rows = self._database.rows(shown.order_by(OUTBOX.created, OUTBOX.id))
        return [OutboxEntry.model_validate(dict(zip(_SHOWN, row, strict=True))) for row in rows]

    def due_messages(self, now: float) -> list[str]:
        """The ids of what is to be tried now, the oldest first."""
        wanted = select(OUTBOX.id).where(_is_due(now)).order_by(OUTBOX.created, OUTBOX.id)
        return [row.id for row in self._database.rows(wanted)]

    def take_message(self, name: str, now: float, *, at_once: bool = False) -> Taken | None:
        """Takes it for an attempt; None if it is gone, sent, tried by somebody else, or not due yet.

        `at_once`: an admin wants it to be tried, although it is not due or was given up.
        """

        def work(connection: Connection) -> Taken | None:
            free = or_(_is_due(now), OUTBOX.state.in_(("waiting", "given-up"))) if at_once else _is_due(now)
            row = connection.execute(select(*_TAKEN).where(OUTBOX.id == name, free).with_for_update()).first()
            if row is None:
                return None
            taken = Taken(name, row.target, row.kind, row.created, row.attempts + 1, row.document)
            tried = {"state": "sending", "attempts": taken.attempts, "next_at": now + SENDING}
            connection.execute(update(OUTBOX.table).where(OUTBOX.id == name).values(**tried))
            return taken

        return self._database.write(work)

    def message_sent(self, name: str, now: float) -> None:
        """What was in it need not be kept any more; and what was sent long ago is forgotten."""

        def work(connection: Connection) -> None:
            sent = {"state": "sent", "next_at": 0.0, "trouble": "", "document": ""}
            connection.execute(update(OUTBOX.table).where(OUTBOX.id == name).values(**sent))
            connection.execute(delete(OUTBOX.table).where(OUTBOX.state == "sent", OUTBOX.created < now - KEPT))

        self._database.write(work)

    def message_failed(self, name: str, trouble: str, next_at: float | None, left: Message | None = None) -> None:
        """It stays, to be tried again at `next_at`, or only when an admin says so. `left`: what is still to go."""
        failed = {"state": "given-up" if next_at is None else "waiting", "next_at": next_at or 0.0, "trouble": trouble}
        if left is not None:
            failed["document"] = left.model_dump_json()

        def work(connection: Connection) -> None:
            connection.execute(update(OUTBOX.table).where(OUTBOX.id == name).values(**failed))

        self._database.write(work)

    def drop_messages(self, names: Collection[str]) -> list[str]:
        """Lets them go unsent, and answers with the ids of those that went: what is being sent stays."""
        idle = delete(OUTBOX.table).where(OUTBOX.id.in_(sorted(names)), OUTBOX.state != "sending")

        def work(connection: Connection) -> list[str]:
            return sorted(connection.scalars(idle.returning(OUTBOX.id)).all())

        return self._database.write(work)


def new_id() -> str:
    """By which a receiver knows a message."""
    return f"msg_{secrets.token_hex(16)}"


def unsent(entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
    """Those that somebody still waits for."""
    return [entry for entry in entries if entry.state != "sent"]


def _insert(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    connection.execute(insert(OUTBOX.table), rows)


def _row(target: str, kind: str, message: Message) -> dict[str, object]:
    return {
        "id": new_id(), "created": message.created, "target": target, "kind": kind,
        "document": message.model_dump_json(), "state": "waiting", "attempts": 0, "next_at": message.created,
        "trouble": "",
    }  # fmt: skip


def _is_due(now: float) -> ColumnElement[bool]:
    """A clock that jumped back far must not keep a message for ever, so a moment too far ahead counts as come."""
    return and_(OUTBOX.state.in_(("waiting", "sending")), or_(OUTBOX.next_at <= now, OUTBOX.next_at > now + KEPT))
