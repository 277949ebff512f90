"""How far a run is: its waves, and each of its hosts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, exists, func, select, update
from sqlalchemy.orm import Session

from smartfleet.model.campaign import HostProgress, HostState, Wave, WaveState
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.tables import ProgressRow, RunRow, WaveRow

_QUEUED = ("waiting", "running")
# named as in the model; whole rows as objects take three times as long
_COLUMNS = (
    ProgressRow.run_id.label("run"),
    ProgressRow.host,
    ProgressRow.wave,
    ProgressRow.state,
    ProgressRow.attempts,
    ProgressRow.next_at,
    ProgressRow.outcome,
    ProgressRow.code,
)


class Progresses(Part):
    """All that a resume needs to know beside plan and settings."""

    def set_waves(self, run: str, waves: Sequence[Wave]) -> None:
        """The run's waves; those that it had are replaced."""

        def work(session: Session) -> None:
            for row in session.scalars(select(WaveRow).where(WaveRow.run_id == run)):
                session.delete(row)
            session.flush()
            session.add_all(_wave_row(run, wave) for wave in waves)

        self._database.write(work)

    def set_wave(self, run: str, number: int, state: WaveState, soak_until: float | None = None) -> None:
        here = (WaveRow.run_id == run, WaveRow.number == number)
        change = update(WaveRow).where(*here).values(state=state, soak_until=soak_until)

        def work(session: Session) -> None:
            session.execute(change)

        self._database.write(work)

    def waves(self, run: str) -> list[Wave]:
        """In their order."""
        wanted = select(WaveRow).where(WaveRow.run_id == run).order_by(WaveRow.number)
        return self._database.read(lambda session: [_wave(row) for row in session.scalars(wanted)])

    def set_progress(self, rows: Iterable[HostProgress]) -> None:
        """All of them or none; a host that is known in its run is written anew."""
        # in one order everywhere, so that two who write do not wait for each other
        values = sorted((_progress_row(row) for row in rows), key=lambda value: (value["run_id"], value["host"]))

        def work(session: Session) -> None:
            for part in batches(values):
                new = self._database.insert(ProgressRow)
                changes = {name: new.excluded[name] for name in part[0] if name not in {"run_id", "host"}}
                upsert = new.on_conflict_do_update(index_elements=["run_id", "host"], set_=changes)
                session.execute(upsert, part)

        self._database.write(work)

    def progress(self, run: str, state: HostState | str = "") -> list[HostProgress]:
        """Of all hosts of the run, or of those in one state; by wave and name."""
        wanted = select(*_COLUMNS).where(ProgressRow.run_id == run).order_by(ProgressRow.wave, ProgressRow.host)
        if state:
            wanted = wanted.where(ProgressRow.state == state)
        return [_progress(row) for row in self._database.rows(wanted)]

    def waiting(self, run: str) -> int:
        """How many hosts of the run wait."""
        waits = select(func.count()).where(ProgressRow.run_id == run, ProgressRow.state == "waiting")
        return self._database.read(lambda session: session.scalar(waits)) or 0

    def last_progress(self, host: str) -> HostProgress | None:
        """Of the host in the last run that named it."""
        named = select(*_COLUMNS).join(RunRow, RunRow.id == ProgressRow.run_id).where(ProgressRow.host == host)
        found = self._database.rows(named.order_by(RunRow.number.desc(), RunRow.id.desc()).limit(1))
        return _progress(found[0]) if found else None

    def queued(self, now: float) -> list[str]:
        """Runs with waiting hosts and time left, oldest first: those that wait, and those whose driver may have died.

        Not those that somebody stopped, that spent their budget or failed: an admin has to say how these go on.
        """
        # asked of each of these few runs: hosts of all runs that ever were stand in one table
        waits = exists().where(ProgressRow.run_id == RunRow.id, ProgressRow.state == "waiting")
        wanted = select(RunRow.id).where(RunRow.until > now, RunRow.state.in_(_QUEUED), waits)
        ordered = wanted.order_by(RunRow.number, RunRow.id)
        return self._database.read(lambda session: list(session.scalars(ordered)))


def _wave_row(run: str, wave: Wave) -> WaveRow:
    hosts = json.dumps(wave.hosts, ensure_ascii=False)
    return WaveRow(
        run_id=run, number=wave.number, name=wave.name, hosts=hosts, state=wave.state, soak_until=wave.soak_until
    )


def _wave(row: WaveRow) -> Wave:
    return Wave.model_validate(
        {
            "number": row.number,
            "name": row.name,
            "hosts": json.loads(row.hosts),
            "state": row.state,
            "soak_until": row.soak_until,
        }
    )


def _progress_row(row: HostProgress) -> dict[str, str | int | float | None]:
    values = row.model_dump(mode="json")
    return {"run_id": values.pop("run"), **values}


def _progress(row: Row[Any]) -> HostProgress:
    return HostProgress.model_validate(row._asdict())
