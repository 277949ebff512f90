"""The store's one public class, put together from its subjects. Every method raises StoreError."""

from __future__ import annotations

from pathlib import Path

from smartfleet.store.assessments import Assessments
from smartfleet.store.database import Database, Waits
from smartfleet.store.departures import Departures
from smartfleet.store.folders import FolderPasts
from smartfleet.store.judgements import Judgements
from smartfleet.store.locks import Locks
from smartfleet.store.outbox import Outbox
from smartfleet.store.plans import Plans
from smartfleet.store.postponed import Postponements
from smartfleet.store.presence import Presence
from smartfleet.store.progress import Progresses
from smartfleet.store.retention import Retention
from smartfleet.store.runs import Runs
from smartfleet.store.schema import open_engine
from smartfleet.store.seen import Seen
from smartfleet.store.shards import Shards
from smartfleet.store.standings import Standings
from smartfleet.store.trail import Trail

FILE_NAME = "store.db"


class Store(
    Runs,
    Plans,
    Seen,
    Progresses,
    Shards,
    Locks,
    Trail,
    Postponements,
    Judgements,
    Departures,
    FolderPasts,
    Standings,
    Assessments,
    Presence,
    Outbox,
    Retention,
):
    """Safe for several processes and threads. A method is one transaction, or says that it goes in batches."""

    @classmethod
    def open(cls, url: str, waits: Waits | None = None) -> Store:
        return cls(Database(open_engine(url), waits or Waits()))

    @classmethod
    def of_fleet(cls, state: Path, url: str) -> Store:
        """The store that `smartfleet.yml` names, else `store.db` in the fleet's state folder."""
        return cls.open(url or f"sqlite:///{state.absolute() / FILE_NAME}")

    def close(self) -> None:
        self._database.engine.dispose()
