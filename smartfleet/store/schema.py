"""Opens the database and brings its schema up to what this version knows."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from smartfleet.errors import StoreError
from smartfleet.store.errors import store_error
from smartfleet.text import visible

HEAD = "0006"
KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006")
WRITES = "smartfleet_writes"
"""Execution option of a connection whose next transaction writes."""
_BUSY_SECONDS = 30
# so that a network that swallows everything is noticed in half a minute, not in a quarter of an hour
_SERVER = {
    "connect_timeout": _BUSY_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 10,
    "keepalives_count": 2,
    "tcp_user_timeout": 1000 * _BUSY_SECONDS,
}
# any number that nobody else on that database locks
_MIGRATION_LOCK = 7_163_820_001


def open_engine(url: str) -> Engine:
    """An engine on a database whose schema is current. Raises StoreError."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _make_private(parsed)
    try:
        engine = create_engine(parsed, connect_args=_connect_args(parsed))
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(
            "store/no-driver",
            f"the driver for {parsed.drivername} is not installed",
            do='install it: pip install "smartfleet[postgresql]"',
        ) from error
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", _begin)
    try:
        _make_current(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise store_error(error, parsed) from error
    except StoreError:
        engine.dispose()
        raise
    return engine


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise StoreError("store/bad-url", "store: is not a database URL", do="see docs/fleet.md") from error


def _connect_args(url: URL) -> dict[str, object]:
    return {"timeout": _BUSY_SECONDS} if url.get_backend_name() == "sqlite" else dict(_SERVER)


def _make_private(url: URL) -> None:
    """The file and its folder belong to the admin alone; SQLite gives its -wal the mode of the file."""
    if not url.database or url.database == ":memory:":
        return
    path = Path(url.database)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            "store/unwritable",
            f"the store {path} cannot be made: {error.strerror}",
            do="run as the user the fleet folder belongs to",
        ) from error


def _pragmas(connection: object, _record: ConnectionPoolEntry) -> None:
    # else Python begins a transaction only at the first write, when what was read may have changed
    connection.isolation_level = None  # type: ignore[attr-defined] # a DBAPI connection has no type of its own
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """One that writes waits for its turn here: SQLite would not let it wait later, after it has read."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _make_current(engine: Engine) -> None:
    with engine.begin() as connection:
        if _is_current(connection):
            return
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name != "sqlite":
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        # another process may have done it meanwhile
        if not _is_current(connection):
            _upgrade(connection)


def _is_current(connection: Connection) -> bool:
    """Raises StoreError where a newer version was here."""
    current = _version(connection)
    if current is not None and current not in KNOWN:
        raise StoreError(
            "store/newer",
            f"the store has schema {visible(current)}, which a newer smartfleet wrote; this one knows up to {HEAD}",
            why="an older version would misread or damage it",
            do="use the newer smartfleet, or another store: in smartfleet.yml",
        )
    return current == HEAD


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # slow to import, and needed only when the schema is new or old
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "store/damaged",
            f"the store cannot be brought to schema {HEAD}: it holds a plan that is none",
            why="it was changed past smartfleet; it stays as it is",
            do="take it back from a backup, or name another store: in smartfleet.yml",
        ) from error
