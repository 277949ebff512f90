"""How far a run is: its waves, and each of its hosts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from smartfleet.model.campaign import HostProgress, HostState, Wave, WaveState
from smartfleet.store.database import Part
from smartfleet.store.documents import batches
from smartfleet.store.tables import PROGRESS, RUNS, WAVES

_QUEUED = ("waiting", "running")
# named as in the model
_COLUMNS = (
    PROGRESS.run_id.label("run"),
    PROGRESS.host,
    PROGRESS.wave,
    PROGRESS.state,
    PROGRESS.attempts,
    PROGRESS.next_at,
    PROGRESS.outcome,
    PROGRESS.code,
)


class Progresses(Part):
    """All that a resume needs to know beside plan and settings."""

    def set_waves(self, run: str, waves: Sequence[Wave]) -> None:
        """The run's waves; those that it had are replaced."""

        def work(connection: Connection) -> None:
            connection.execute(delete(WAVES.table).where(WAVES.run_id == run))
            if waves:
                connection.execute(insert(WAVES.table), [_wave_row(run, wave) for wave in waves])

        self._database.write(work)

    def set_wave(self, run: str, number: int, state: WaveState, soak_until: float | None = None) -> None:
        here = (WAVES.run_id == run, WAVES.number == number)
        change = update(WAVES.table).where(*here).values(state=state, soak_until=soak_until)

        def work(connection: Connection) -> None:
            connection.execute(change)

        self._database.write(work)

    def waves(self, run: str) -> list[Wave]:
        """In their order."""
        wanted = select(WAVES.table).where(WAVES.run_id == run).order_by(WAVES.number)
        return [_wave(row) for row in self._database.rows(wanted)]

    def set_progress(self, rows: Iterable[HostProgress]) -> None:
        """All of them or none; a host that is known in its run is written anew."""
        # in one order everywhere, so that two who write do not wait for each other
        values = sorted((_progress_row(row) for row in rows), key=lambda value: (value["run_id"], value["host"]))

        def work(connection: Connection) -> None:
            for part in batches(values):
                new = self._database.insert(PROGRESS)
                changes = {name: new.excluded[name] for name in part[0] if name not in {"run_id", "host"}}
                upsert = new.on_conflict_do_update(index_elements=["run_id", "host"], set_=changes)
                connection.execute(upsert, part)

        if values:
            self._database.write(work)

    def progress(self, run: str, state: HostState | str = "") -> list[HostProgress]:
        """Of all hosts of the run, or of those in one state; by wave and name."""
        wanted = select(*_COLUMNS).where(PROGRESS.run_id == run).order_by(PROGRESS.wave, PROGRESS.host)
        if state:
            wanted = wanted.where(PROGRESS.state == state)
        return [_progress(row) for row in self._database.rows(wanted)]

    def waiting(self, run: str) -> int:
        """How many hosts of the run wait."""
        waits = select(func.count()).where(PROGRESS.run_id == run, PROGRESS.state == "waiting")
        return self._database.read(lambda connection: connection.scalar(waits)) or 0

    def last_progress(self, host: str) -> HostProgress | None:
        """Of the host in the last run that named it."""
        named = select(*_COLUMNS).join(RUNS.table, RUNS.id == PROGRESS.run_id).where(PROGRESS.host == host)
        found = self._database.rows(named.order_by(RUNS.number.desc(), RUNS.id.desc()).limit(1))
        return _progress(found[0]) if found else None

    def queued(self, now: float) -> list[str]:
        """Runs with waiting hosts and time left, oldest first: those that wait, and those whose driver may have died.

        Not those that somebody stopped, that spent their budget or failed: an admin has to say how these go on.
        """
        # asked of each of these few runs: hosts of all runs that ever were stand in one table
        waits = exists().where(PROGRESS.run_id == RUNS.id, PROGRESS.state == "waiting")
        wanted = select(RUNS.id).where(RUNS.until > now, RUNS.state.in_(_QUEUED), waits)
        return [row.id for row in self._database.rows(wanted.order_by(RUNS.number, RUNS.id))]


def _wave_row(run: str, wave: Wave) -> dict[str, object]:
    return {
        "run_id": run,
        "number": wave.number,
        "name": wave.name,
        "hosts": json.dumps(wave.hosts, ensure_ascii=False),
        "state": wave.state,
        "soak_until": wave.soak_until,
    }


def _wave(row: Row[Any]) -> Wave:
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
