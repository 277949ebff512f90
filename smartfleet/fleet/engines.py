"""The keys below `engines:` in `smartfleet.yml`: which workers there are, and which sites they serve."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from smartfleet.durations import Duration
from smartfleet.errors import UsageError
from smartfleet.fleet.base import Settings, WrongKeyError
from smartfleet.guess import meant
from smartfleet.text import visible

LOCAL = "local"
"""The engine that is always there: child processes of the controller."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DESTINATION = re.compile(r"(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.:_-]*")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is no name: letters, digits, dots, dashes")
    return text


def _destination(text: str) -> str:
    """As in ssh's command line, where a leading dash would be an option."""
    if not _DESTINATION.fullmatch(text):
        raise ValueError(f"{text!r} is no destination: write worker@host, or a name from ~/.ssh/config")
    return text


def _scheduler(text: str) -> str:
    if not re.fullmatch(r"tls://[^/\s]+:\d+", text):
        raise ValueError("a scheduler is tls://HOST:PORT: without TLS orders and their secrets would be readable")
    return text


Name = Annotated[str, AfterValidator(_name)]


class SshWorker(Settings):
    """A machine whose sshd starts `smartfleet worker` by a forced command. Files are relative to the fleet folder."""

    destination: Annotated[str, AfterValidator(_destination)]
    port: int = Field(0, ge=0, le=65_535, description="0 is what ssh would take")
    identity_file: str = ""
    known_hosts_file: str = ""

    @property
    def label(self) -> str:
        """The worker's name in messages and in the store."""
        return f"{self.destination}:{self.port}" if self.port else self.destination


class SshEngine(Settings):
    """Shards of a site are shared out over `workers` by the hash of the host's name."""

    workers: list[SshWorker] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _each_stands_once(self) -> SshEngine:
        seen: set[str] = set()
        for number, worker in enumerate(self.workers):
            if worker.label in seen:
                message = f"the worker {worker.label} stands there twice, and would get two shards at once"
                raise WrongKeyError(message, "workers", number)
            seen.add(worker.label)
        return self


class DaskEngine(Settings):
    """A Dask cluster with mutual TLS. `shards`: how many a site's hosts are shared out over; more than its workers
    is well, fewer leaves some idle. `dashboard`: a scheduler that shows its tasks over http is accepted.
    """

    scheduler: Annotated[str, AfterValidator(_scheduler)]
    ca_file: str = Field(min_length=1)
    certificate_file: str = Field(min_length=1)
    key_file: str = Field(min_length=1)
    shards: int = Field(4, ge=1, le=1000)
    dashboard: bool = False


class EngineSettings(Settings):
    """`sites`: the engine of the hosts whose `smartfleet_site` that is; all others have `default`.

    `silence`: seconds without a word from the controller after which a worker ends all that it does. No host of a
    lost shard is begun again before they are over.
    """

    default: Name = LOCAL
    sites: dict[str, Name] = Field(default_factory=dict)
    ssh: dict[Name, SshEngine] = Field(default_factory=dict)
    dask: dict[Name, DaskEngine] = Field(default_factory=dict)
    silence: Duration = Field(60.0, ge=2, le=3600)

    @property
    def names(self) -> list[str]:
        return [LOCAL, *self.ssh, *self.dask]

    def sites_of(self, name: str) -> list[str]:
        """Those that are named as the engine's; the default has all others too."""
        return sorted(site for site, engine in self.sites.items() if engine == name)

    def everywhere(self, name: str) -> EngineSettings:
        """With one engine for all sites. Raises UsageError if there is none of that name."""
        if name not in self.names:
            raise UsageError(
                "engine/unknown",
                f"there is no engine {visible(name)}{meant(name, self.names)}",
                why="an engine is local, or stands below engines.ssh or engines.dask in smartfleet.yml",
                do="smartfleet engines",
            )
        return self.model_copy(update={"default": name, "sites": {}})

    @model_validator(mode="after")
    def _names_are_known(self) -> EngineSettings:
        for kind, engines in (("ssh", self.ssh), ("dask", self.dask)):
            if LOCAL in engines:
                raise WrongKeyError(f"{LOCAL!r} is this machine's own engine: give yours another name", kind, LOCAL)
        for name in sorted(self.ssh.keys() & self.dask.keys()):
            raise WrongKeyError(f"{name!r} names two engines", "dask", name)
        self._check_named(self.default, "default")
        for site, name in self.sites.items():
            self._check_named(name, "sites", site)
        return self

    def _check_named(self, name: str, *path: str) -> None:
        if name not in self.names:
            raise WrongKeyError(f"there is no engine {name!r}{meant(name, self.names)}", *path)
