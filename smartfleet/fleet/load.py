"""Reads a fleet folder. Whatever is wrong in `smartfleet.yml` is told with file, line and what was meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from smartfleet.durations import duration_text
from smartfleet.errors import FleetError
from smartfleet.fleet.base import WrongKeyError
from smartfleet.fleet.schema import FleetConfig
from smartfleet.fleet.source import Source, SourceError, read_source
from smartfleet.guess import meant
from smartfleet.nextcloud.urls import same_server
from smartfleet.paths import FLEET_FILE
from smartfleet.text import visible

_LARGEST = 1_000_000
_LOOPBACK = {"localhost", "::1"}


@dataclass(frozen=True)
class Fleet:
    """A fleet folder that can be worked with."""

    folder: Path
    config: FleetConfig
    warnings: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        return self.folder / FLEET_FILE

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    @property
    def state(self) -> Path:
        """Where smartfleet keeps what it knows; made when it is first needed."""
        return self.folder / ".smartfleet"


def load_fleet(folder: Path) -> Fleet:
    """Raises FleetError; never writes."""
    file = folder / FLEET_FILE
    config, warnings = read_settings(file, _read(folder, file))
    fleet = Fleet(folder, config, warnings)
    if not fleet.inventory.exists():
        raise FleetError(
            "fleet/no-inventory",
            f"{folder} has no inventory/",
            why="The inventory names the machines; any Ansible inventory will do.",
            do=f"Put your inventory into {fleet.inventory} (a folder), or make an example: smartfleet init DIR",
        )
    return fleet


def read_settings(file: Path, text: str) -> tuple[FleetConfig, tuple[str, ...]]:
    """The settings in `text`, and warnings; `file` is only named in them. Raises FleetError."""
    try:
        source = read_source(text)
    except SourceError as error:
        raise FleetError("fleet/yaml", f"{file}:{error.line}: {error}", do=error.do) from None
    config = _validate(file, source)
    _check_servers(file, source, config)
    return config, tuple(_warnings(file, source, config))


def _read(folder: Path, file: Path) -> str:
    try:
        raw = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise FleetError(
            "fleet/not-a-fleet",
            f"{folder} is not a fleet folder: there is no {FLEET_FILE} in it",
            do=f"Make one: smartfleet init {folder}   or name yours: --fleet DIR",
        ) from None
    except OSError as error:
        raise FleetError("fleet/unreadable", f"{file} cannot be read: {error.strerror or error}") from None
    if len(raw) > _LARGEST:
        raise FleetError("fleet/too-large", f"{file} has {len(raw)} bytes: this is no settings file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FleetError("fleet/encoding", f"{file}:{line}: not UTF-8", do="Save the file as UTF-8.") from None


def _validate(file: Path, source: Source) -> FleetConfig:
    if source.data is None or source.data == {}:
        raise FleetError("fleet/empty", f"{file}:1: the file says nothing", do="Start anew: smartfleet init DIR")
    try:
        return FleetConfig.model_validate(source.data)
    except ValidationError as error:
        problems = sorted(_problem(source, details) for details in error.errors(include_url=False))
    lines = [f"{file}:{line}: {message}" for line, message, _code in problems]
    raise FleetError(problems[0][2], "\n".join(lines), do="docs/fleet.md lists every key with its values.")


def _problem(source: Source, details: ErrorDetails) -> tuple[int, str, str]:
    """Line, message and code of one error of pydantic's, in words that fit a settings file."""
    error = details.get("ctx", {}).get("error")
    path = (*details["loc"], *(error.path if isinstance(error, WrongKeyError) else ()))
    name = visible(".".join(str(part) for part in path)) or "the file"
    kind = details["type"]
    line = source.line(path)
    if kind == "extra_forbidden":
        close = meant(str(path[-1]).replace("-", "_"), _keys(path[:-1]))
        return line, f"unknown key {name}{close}", "fleet/unknown-key"
    if kind == "missing":
        return line, f"{name} is missing", "fleet/missing-key"
    wanted = _WANTED.get(kind)
    if wanted:
        return line, f"{name} is {_shown(details['input'])}, but must be {wanted}", "fleet/wrong-type"
    return line, f"{name}{_value(details)}", "fleet/wrong-value"


def _value(details: ErrorDetails) -> str:
    """What is wrong with a value of the right type: the rest of a line that begins with the key."""
    kind, context = details["type"], details.get("ctx", {})
    if kind == "literal_error":
        allowed = context["expected"].replace("'", "")
        return f" is {_shown(details['input'])}, but must be {allowed}"
    if kind == "value_error":
        return f": {visible(str(context['error']))}"
    if kind in _EMPTY:
        return " is empty"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f" is {_amount(details['input'])}, but must be {words} {_amount(context[key])}"
    return f": {details['msg']}"


_WANTED = {
    "string_type": "text (put it in quotes)",
    "int_type": "a whole number",
    "list_type": "a list: a line for each, beginning with '- '",
    "model_type": "a group of keys, indented below it",
    "model_attributes_type": "a group of keys, indented below it",
    "dict_type": "a group of keys, indented below it",
    "string_pattern_mismatch": "a package's name",
}

_EMPTY = ("too_short", "string_too_short")
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}
"""Pydantic's name of the limit by its kind of error, and ours."""


def _amount(value: object) -> str:
    """Numbers in these settings are whole, or lengths of time."""
    return duration_text(value) if isinstance(value, float) else str(value)


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever YAML made of it
    if isinstance(value, bool):
        return f"{str(value).lower()} (yes/no/on/off are truth values in YAML)"
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    return "empty" if value is None else visible(repr(value))[:80]


def _keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand at `path`, which may lead through lists and through groups with names of the admin's."""
    inner: Any = FleetConfig
    for part in path:
        inside = [inner.model_fields[str(part)].annotation] if _is_group(inner) else get_args(inner)
        inner = inside[-1] if inside else None
    return list(inner.model_fields) if _is_group(inner) else []


def _is_group(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _check_servers(file: Path, source: Source, config: FleetConfig) -> None:
    for index, old in enumerate(config.servers.old):
        if same_server(old, config.servers.new):
            raise FleetError(
                "fleet/same-server",
                f"{file}:{source.line(('servers', 'old', index))}: {old} is the new server as well",
                why="An account cannot move to where it is.",
                do="Name the address the clients use today under servers.old.",
            )


def _warnings(file: Path, source: Source, config: FleetConfig) -> list[str]:
    """What works, and should not be left so."""
    parts = urlsplit(config.servers.new)
    host = (parts.hostname or "").lower()
    if parts.scheme.lower() == "http" and host not in _LOOPBACK and not host.startswith("127."):
        line = source.line(("servers", "new"))
        return [f"{file}:{line}: servers.new is http: passwords and files would cross the network in the clear"]
    return []
