"""The store's one public class. Every method is a transaction of its own and raises StoreError."""

from __future__ import annotations

import getpass
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from smartfleet.errors import StoreError
from smartfleet.model.base import Document
from smartfleet.model.documents import RunSummary
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan
from smartfleet.model.results import Outcome, Verdict
from smartfleet.store.schema import open_engine, store_error
from smartfleet.store.tables import FactsRow, OutcomeRow, PlanRow, RunRow, VerdictRow

DocumentType = TypeVar("DocumentType", bound=Document)
FILE_NAME = "store.db"
# SQLite allows 32,766 variables in a statement, old builds 999
_HOSTS_PER_QUERY = 500


def new_run() -> str:
    """A name for a run: sortable, unique, fit for a file name."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


class Store:
    """Documents by host, newest first asked for. Safe for several processes, not shared between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Store:
        return cls(open_engine(url))

    @classmethod
    def of_fleet(cls, state: Path, url: str) -> Store:
        """The store that `smartfleet.yml` names, else `store.db` in the fleet's state folder."""
        return cls.open(url or f"sqlite:///{state.absolute() / FILE_NAME}")

    def close(self) -> None:
        self._engine.dispose()

    def begin(self, verb: str, hosts: int, plan_hash: str = "") -> str:
        """Writes down that a run begins, and names it."""
        now, run = time.time(), new_run()
        with self._session() as session:
            row = RunRow(
                id=run, verb=verb, started=now, state="running", admin=_admin(), plan_hash=plan_hash, hosts=hosts
            )
            session.add(row)
        return run

    def finish(self, run: str, state: str) -> None:
        with self._session() as session:
            row = session.get_one(RunRow, run)
            row.state, row.finished = state, time.time()

    def add_facts(self, run: str, facts: Mapping[str, tuple[float, HostFacts]]) -> None:
        with self._session() as session:
            session.add_all(
                FactsRow(run_id=run, host=host, taken=taken, document=document.model_dump_json())
                for host, (taken, document) in facts.items()
            )

    def add_plan(self, plan: Plan) -> None:
        with self._session() as session:
            session.merge(PlanRow(hash=plan.hash, created=plan.created, document=plan.model_dump_json()))

    def add_outcomes(self, run: str, outcomes: Iterable[Outcome]) -> None:
        with self._session() as session:
            session.add_all(
                OutcomeRow(
                    run_id=run,
                    host=outcome.host,
                    user=outcome.user,
                    config_path=outcome.config_path,
                    outcome=outcome.outcome,
                    code=outcome.code,
                    document=outcome.model_dump_json(),
                )
                for outcome in outcomes
            )

    def add_verdicts(self, run: str, verdicts: Iterable[Verdict]) -> None:
        with self._session() as session:
            session.add_all(
                VerdictRow(
                    run_id=run,
                    host=verdict.host,
                    user=verdict.user,
                    config_path=verdict.config_path,
                    account=verdict.account,
                    alias=verdict.alias,
                    verdict=verdict.verdict,
                    document=verdict.model_dump_json(),
                )
                for verdict in verdicts
            )

    def runs(self, limit: int = 20) -> list[RunSummary]:
        """The newest runs, newest first."""
        with self._session() as session:
            rows = session.scalars(select(RunRow).order_by(RunRow.started.desc(), RunRow.id.desc()).limit(limit))
            return [_summary(row) for row in rows]

    def run(self, run: str) -> RunSummary | None:
        with self._session() as session:
            row = session.get(RunRow, run)
            return _summary(row) if row else None

    def facts(self, hosts: Sequence[str] | None = None) -> dict[str, tuple[float, HostFacts]]:
        """The newest facts of each host, by insertion: a clock that jumped back changes nothing."""
        newest = select(func.max(FactsRow.id)).group_by(FactsRow.host)
        found: dict[str, tuple[float, HostFacts]] = {}
        with self._session() as session:
            for part in _parts(hosts):
                inner = newest if part is None else newest.where(FactsRow.host.in_(part))
                for row in session.scalars(select(FactsRow).where(FactsRow.id.in_(inner))):
                    found[row.host] = (row.taken, _document(HostFacts, row.document))
        return found

    def plan(self, plan_hash: str) -> Plan | None:
        with self._session() as session:
            row = session.get(PlanRow, plan_hash)
            return _document(Plan, row.document) if row else None

    def outcomes(self, hosts: Sequence[str] | None = None, run: str = "") -> list[Outcome]:
        """The newest outcome of each profile, or those of one run."""
        key = (OutcomeRow.host, OutcomeRow.user, OutcomeRow.config_path)
        return [_document(Outcome, text) for text in self._newest(OutcomeRow, key, hosts, run)]

    def verdicts(self, hosts: Sequence[str] | None = None, run: str = "") -> list[Verdict]:
        """The newest verdict of each folder, or those of one run."""
        key = (VerdictRow.host, VerdictRow.user, VerdictRow.config_path, VerdictRow.account, VerdictRow.alias)
        return [_document(Verdict, text) for text in self._newest(VerdictRow, key, hosts, run)]

    def _newest(
        self,
        table: type[OutcomeRow | VerdictRow],
        key: tuple[InstrumentedAttribute[str], ...],
        hosts: Sequence[str] | None,
        run: str,
    ) -> list[str]:
        newest = select(func.max(table.id)).group_by(*key)
        if run:
            newest = newest.where(table.run_id == run)
        documents: list[str] = []
        with self._session() as session:
            for part in _parts(hosts):
                inner = newest if part is None else newest.where(table.host.in_(part))
                documents += session.scalars(select(table.document).where(table.id.in_(inner)).order_by(table.id))
        return documents

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            raise store_error(error, self._engine.url) from error


def _parts(hosts: Sequence[str] | None) -> Iterator[Sequence[str] | None]:
    if hosts is None:
        yield None
        return
    for start in range(0, len(hosts), _HOSTS_PER_QUERY):
        yield hosts[start : start + _HOSTS_PER_QUERY]


def _summary(row: RunRow) -> RunSummary:
    return RunSummary(
        run=row.id,
        verb=row.verb,
        started=row.started,
        finished=row.finished,
        state=row.state,
        admin=row.admin,
        plan_hash=row.plan_hash,
        hosts=row.hosts,
    )


def _document(model: type[DocumentType], text: str) -> DocumentType:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise StoreError(
            "store/damaged",
            f"the store holds {model.__name__} that this version cannot read",
            do="audit again: smartfleet audit",
        ) from error


def _admin() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
