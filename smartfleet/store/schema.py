"""Opens the database and brings its schema up to what this version knows."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from smartfleet.errors import StoreError
from smartfleet.text import visible

HEAD = "0001"
KNOWN = ("0001",)
_BUSY_SECONDS = 30


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
    try:
        with engine.begin() as connection:
            _migrate(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        raise store_error(error, parsed) from error
    except StoreError:
        engine.dispose()
        raise
    return engine


def store_error(error: SQLAlchemyError, url: URL) -> StoreError:
    """What the database said, without the statement and its data."""
    cause = visible(str(getattr(error, "orig", None) or error).strip().splitlines()[0])
    where = url.render_as_string(hide_password=True)
    if "readonly" in cause or "read-only" in cause:
        return StoreError(
            "store/read-only",
            f"the store {where} cannot be written",
            why="every step is written down before it is done, so nothing is begun",
            do="run as the user the fleet folder belongs to, or make it writable",
        )
    if "full" in cause or "locked" in cause:
        return StoreError("store/busy-or-full", f"the store {where} cannot be written: {cause}")
    return StoreError("store/unusable", f"the store {where} cannot be used: {cause}")


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise StoreError("store/bad-url", "store: is not a database URL", do="see docs/fleet.md") from error


def _connect_args(url: URL) -> dict[str, object]:
    return {"timeout": _BUSY_SECONDS} if url.get_backend_name() == "sqlite" else {"connect_timeout": _BUSY_SECONDS}


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
    cursor = connection.cursor()  # type: ignore[attr-defined] # a DBAPI connection has no type of its own
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _migrate(connection: Connection) -> None:
    current = _version(connection)
    if current == HEAD:
        return
    if current is not None and current not in KNOWN:
        raise StoreError(
            "store/newer",
            f"the store has schema {visible(current)}, which a newer smartfleet wrote; this one knows up to {HEAD}",
            why="an older version would misread or damage it",
            do="use the newer smartfleet, or another store: in smartfleet.yml",
        )
    _upgrade(connection)


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
    command.upgrade(config, "head")
