"""What a database says when it cannot do its work, as an error of ours. Pure."""

from __future__ import annotations

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from smartfleet.errors import StoreError
from smartfleet.text import visible

_NOTHING_LOST = "every step is written down before it is done, so nothing new is begun"
_GO_ON = "then go on where it stopped: smartfleet apply --resume RUN"
# SQLSTATE classes of PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
_FULL = {"53100", "53200"}
_READ_ONLY = {"25006", "42501"}
# deadlock, serialization failure, too many connections, shutting down, crashed, starting up
_PASSING = {"40P01", "40001", "53300", "57P01", "57P02", "57P03"}


def store_error(error: SQLAlchemyError, url: URL) -> StoreError:
    """What the database said, without the statement and its data."""
    cause = _cause(error)
    where = url.render_as_string(hide_password=True)
    state = sqlstate(error)
    if "readonly" in cause or "read-only" in cause or state in _READ_ONLY:
        return StoreError(
            "store/read-only",
            f"the store {where} cannot be written",
            why=_NOTHING_LOST,
            do="run as the user the fleet folder belongs to, or make it writable"
            if url.get_backend_name() == "sqlite"
            else "give the role its rights on the database, see docs/store.md",
        )
    if "is full" in cause or "No space left" in cause or state in _FULL:
        do = f"make room on that disk, {_GO_ON}"
        return StoreError(
            "store/full", f"there is no room left for the store {where}: {cause}", why=_NOTHING_LOST, do=do
        )
    if "locked" in cause:
        do = f"wait for the other command, {_GO_ON}"
        return StoreError("store/busy", f"another process keeps the store {where} for itself", why=_NOTHING_LOST, do=do)
    if isinstance(error, OperationalError | InterfaceError) and url.get_backend_name() != "sqlite":
        do = f"see that the server runs and lets this machine in, {_GO_ON}"
        return StoreError("store/away", f"the store {where} does not answer: {cause}", why=_NOTHING_LOST, do=do)
    do = "see whether its disk is full or failing, and whether it is a database at all"
    return StoreError("store/unusable", f"the store {where} cannot be used: {cause}", why=_NOTHING_LOST, do=do)


def passes(error: SQLAlchemyError) -> bool:
    """Whether a server that went away, restarts or is crowded is the cause, so that trying again can help."""
    if not isinstance(error, DBAPIError):
        return False
    state = sqlstate(error)
    if state in _PASSING or error.connection_invalidated:
        return True
    # libpq has no SQLSTATE for a connection that was refused, cut or never answered
    return isinstance(error, OperationalError | InterfaceError) and (not state or state.startswith("08"))


def sqlstate(error: SQLAlchemyError) -> str:
    """PostgreSQL's code of five characters; "" where there is none."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")


def _cause(error: SQLAlchemyError) -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return visible(lines[0]) if lines else type(error).__name__
