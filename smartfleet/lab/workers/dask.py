"""A Dask cluster on loopback, as admins would run it: a scheduler and workers, each a process, with mutual TLS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

import yaml
from distributed import Client, Security

from smartfleet.errors import LabError
from smartfleet.lab.winrm.ca import KeyPair, LabCa
from smartfleet.paths import data_folder

_START_SECONDS = 180.0
_END_SECONDS = 3.0
_TIE = ("--preload", "smartfleet.lab.workers.tie")


class DaskCluster:
    """`names`: the workers; each serves all `sites`, and hosts without one. `environment` gives each process its own by
    name ("scheduler" too). `changes` stand in place of what templates/engines/dask.yml says below `distributed`.

    The processes end with the one that started them. Files lie in `folder`; what they log, in NAME.log.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        sites: Sequence[str],
        environment: Callable[[str], Mapping[str, str]],
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.names = tuple(names)
        self._environment = environment
        self._ca = LabCa(folder, name="smartfleet lab workers CA")
        self._client = self._ca.node("controller", ["127.0.0.1"])
        self._settings = _settings(self._ca, sites, changes or {})
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.address = ""

    @property
    def ca_file(self) -> Path:
        return self._ca.certificate

    @property
    def certificate_file(self) -> Path:
        return self._client.certificate

    @property
    def key_file(self) -> Path:
        return self._client.key

    @property
    def ca(self) -> LabCa:
        return self._ca

    def start(self) -> None:
        """Returns when every worker is registered; a LabError if that takes too long."""
        contact = self.folder / "scheduler.json"
        contact.unlink(missing_ok=True)
        self._start(
            "scheduler",
            *("--host", "127.0.0.1", "--port", "0", "--protocol", "tls", "--scheduler-file", os.fspath(contact)),
            *("--no-dashboard", "--dashboard-address", "127.0.0.1:0"),
            module="distributed.cli.dask_scheduler",
        )
        self._wait("scheduler", lambda: bool(_address(contact)))
        self.address = _address(contact)
        for name in self.names:
            self.start_worker(name)
        self.wait_for(*self.names)

    def start_worker(self, name: str, *options: str) -> None:
        """One more worker, or one that was ended; `options` come after those that smartfleet asks for."""
        self._start(
            name,
            *(self.address, "--host", "127.0.0.1", "--no-nanny", "--nthreads", "1", "--name", name),
            *("--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--memory-limit", "0"),
            *("--local-directory", os.fspath(self.folder / "scratch")),
            *options,
            module="distributed.cli.dask_worker",
        )

    def wait_for(self, *names: str) -> None:
        """Until these workers are registered."""
        # Dask's classes are not typed
        with Client(self.address, security=self.security(), set_as_default=False) as client:  # type: ignore[no-untyped-call]
            for name in names:
                self._wait(name, lambda name=name: name in _registered(client))  # type: ignore[misc]

    def security(self) -> Security:
        """With the controller's certificate."""
        return Security(  # type: ignore[no-untyped-call]
            require_encryption=True,
            tls_ca_file=os.fspath(self.ca_file),
            tls_client_cert=os.fspath(self.certificate_file),
            tls_client_key=os.fspath(self.key_file),
        )

    def pid(self, name: str) -> int:
        """Of a worker, or of the "scheduler"."""
        return self._processes[name].pid

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", errors="replace")

    def kill(self, name: str) -> None:
        """With -9, as the kernel does it when memory is short."""
        self._processes[name].kill()
        self._end([name])

    def end(self, name: str) -> None:
        """As systemctl stop does."""
        self._end([name])

    def close(self) -> None:
        """The scheduler last: a worker that is told to end while it goes waits long for an answer."""
        workers = [name for name in self._processes if name != "scheduler"]
        self._end(workers)
        self._end(list(self._processes))

    def _end(self, names: Sequence[str]) -> None:
        processes = [self._processes.pop(name) for name in names]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, name: str, *options: str, module: str) -> None:
        pair = self._ca.node(name, ["127.0.0.1"])
        config = self.folder / f"{name}.yml"
        config.write_text(yaml.safe_dump(_with_pair(self._settings, pair)), "utf-8")
        environment = {**self._environment(name), "DASK_CONFIG": os.fspath(config)}
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", module, *options, *_TIE],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
            )

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if self._processes[name].poll() is not None or time.monotonic() > deadline:
                lines = self.log(name).strip().splitlines() or ["it said nothing"]
                self.close()
                raise LabError(
                    "lab/did-not-start",
                    f"the lab's Dask {name} did not start: {lines[-1]}",
                    do=f"see {self.folder / name}.log",
                )
            time.sleep(0.05)


def _address(contact: Path) -> str:
    """The scheduler's, once its file is whole; "" before."""
    try:
        return str(json.loads(contact.read_text("utf-8"))["address"])
    except (FileNotFoundError, ValueError):
        return ""


def _registered(client: Client) -> set[str]:
    return {str(worker["name"]) for worker in client.scheduler_info(n_workers=-1)["workers"].values()}


def _settings(ca: LabCa, sites: Sequence[str], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What admins are given, for this folder."""
    settings: dict[str, Any] = yaml.safe_load((data_folder("templates") / "engines/dask.yml").read_text("utf-8"))
    distributed = settings["distributed"]
    distributed["comm"]["tls"]["ca-file"] = os.fspath(ca.certificate)
    distributed["worker"]["resources"] |= {f"site-{site}": 1 for site in sites}
    _merge(distributed, changes)
    return settings


def _merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _with_pair(settings: Mapping[str, Any], pair: KeyPair) -> dict[str, Any]:
    filled = deepcopy(dict(settings))
    own = {"cert": os.fspath(pair.certificate), "key": os.fspath(pair.key)}
    filled["distributed"]["comm"]["tls"] |= {"scheduler": own, "worker": own}
    return filled
