"""Reads a fleet folder. Whatever is wrong in `smartfleet.yml` is told with file, line and what was meant."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from smartfleet.errors import FleetError
from smartfleet.fleet.schema import FleetConfig
from smartfleet.fleet.source import Source, SourceError, read_source
from smartfleet.nextcloud.urls import same_server
from smartfleet.text import visible

FILE_NAME = "smartfleet.yml"
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
        return self.folder / FILE_NAME

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    @property
    def state(self) -> Path:
        """Where smartfleet keeps what it knows; made when it is first needed."""
        return self.folder / ".smartfleet"


def load_fleet(folder: Path) -> Fleet:
    """Raises FleetError; never writes."""
    file = folder / FILE_NAME
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
            f"{folder} is not a fleet folder: there is no {FILE_NAME} in it",
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
    path = tuple(details["loc"])
    name = visible(".".join(str(part) for part in path)) or "the file"
    kind = details["type"]
    line = source.line(path)
    if kind == "extra_forbidden":
        return line, f"unknown key {name}{_meant(str(path[-1]), _keys(path[:-1]))}", "fleet/unknown-key"
    if kind == "missing":
        return line, f"{name} is missing", "fleet/missing-key"
    if kind == "literal_error":
        allowed = details["ctx"]["expected"].replace("'", "")
        return line, f"{name} is {_shown(details['input'])}, but must be {allowed}", "fleet/wrong-value"
    if kind == "value_error":
        return line, f"{name}: {visible(str(details['ctx']['error']))}", "fleet/wrong-value"
    wanted = _WANTED.get(kind)
    if wanted:
        return line, f"{name} is {_shown(details['input'])}, but must be {wanted}", "fleet/wrong-type"
    return line, f"{name}: {details['msg']}", "fleet/wrong-value"


_WANTED = {
    "string_type": "text (put it in quotes)",
    "int_type": "a whole number",
    "list_type": "a list: a line for each, beginning with '- '",
    "model_type": "a group of keys, indented below it",
    "model_attributes_type": "a group of keys, indented below it",
    "dict_type": "a group of keys, indented below it",
    "string_pattern_mismatch": "a package's name",
}


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever YAML made of it
    if isinstance(value, bool):
        return f"{str(value).lower()} (yes/no/on/off are truth values in YAML)"
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    return "empty" if value is None else visible(repr(value))[:80]


def _keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand at `path`."""
    model: type[BaseModel] = FleetConfig
    for part in path:
        inner = model.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def _meant(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=0.6)
    return f": did you mean {close[0]}?" if close else f": known here are {', '.join(known)}"


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
