"""The lab's workers: machines on which sshd and a Dask worker start `smartfleet worker`."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh

from smartfleet.errors import LabError
from smartfleet.lab.daemon.ssh import SshHost
from smartfleet.lab.layout import ADMIN, Layout
from smartfleet.lab.workers import ssh
from smartfleet.lab.workers.place import Place
from smartfleet.lab.workers.workers import SITES, Workers, names

if TYPE_CHECKING:
    from smartfleet.lab.workers.dask import DaskCluster

KEY = "worker"


class LabWorkers:
    """The public coroutines are operations of the control connection; their arguments and results are JSON."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._places: dict[str, Place] = {}
        self._listening: list[ssh.Sshd | SshHost] = []
        self._cluster: DaskCluster | None = None
        self._temporary: Path | None = None

    async def add_workers(self, count: int) -> dict[str, Any]:
        """That many machines, reached by ssh and by Dask: fields of `Workers`. Once for a lab."""
        if self._places:
            raise LabError("lab/has-workers", "this lab has workers already")
        self._places = {name: Place(name, self._layout.worker_home(name)) for name in names(count)}
        temporary = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="smartfleet-workers-"))
        self._temporary, public = temporary, self._make_key()
        ports = {}
        for name, place in self._places.items():
            place.make(temporary / name)
            ports[name] = await self._reached_by_ssh(place, public)
        cluster = await asyncio.to_thread(self._start_cluster, temporary)
        user = ADMIN if ssh.program() is None else getpass.getuser()
        return asdict(
            Workers(
                ports,
                user,
                identity_file=os.fspath(self._key),
                known_hosts_file=os.fspath(self._known_hosts),
                scheduler=cluster.address,
                ca_file=os.fspath(cluster.ca_file),
                certificate_file=os.fspath(cluster.certificate_file),
                key_file=os.fspath(cluster.key_file),
            )
        )

    async def worker_processes(self, name: str) -> list[int]:
        """Everything that runs on a worker; with Dask one process does so always."""
        return await asyncio.to_thread(self._places[name].processes)

    async def power_off_worker(self, name: str) -> list[int]:
        """Ends all of them with SIGKILL at once; the pids. The machine can be reached by ssh again, as after a boot."""
        return await asyncio.to_thread(self._places[name].power_off)

    async def close(self) -> None:
        for one in self._listening:
            await one.close()
        if self._cluster is not None:
            await asyncio.to_thread(self._cluster.close)
        for place in self._places.values():
            await asyncio.to_thread(place.power_off)
        if self._temporary is not None:
            await asyncio.to_thread(shutil.rmtree, self._temporary, ignore_errors=True)

    @property
    def _key(self) -> Path:
        return self._layout.keys / KEY

    @property
    def _known_hosts(self) -> Path:
        return self._layout.keys / f"{KEY}_known_hosts"

    def _make_key(self) -> str:
        """The controller's key for its workers; its public half."""
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(self._key)
        self._key.chmod(0o600)
        self._known_hosts.touch()
        return key.export_public_key().decode("ascii").strip()

    async def _reached_by_ssh(self, place: Place, public: str) -> int:
        """The port of an SSH server that lets the controller's key do nothing but start `smartfleet worker`."""
        folder = self._layout.workers / place.name
        authorized = folder / "authorized_keys"
        authorized.write_text(f"{place.forced} {public}\n", encoding="utf-8")
        host_key = asyncssh.generate_private_key("ssh-ed25519")
        host_key.write_private_key(folder / "host_key")
        (folder / "host_key").chmod(0o600)
        program = ssh.program()
        listening = ssh.Sshd(program, folder) if program else SshHost(folder, host_key, authorized)
        await listening.listen()
        self._listening.append(listening)
        known = host_key.export_public_key().decode("ascii").strip()
        with self._known_hosts.open("a", encoding="utf-8") as file:
            file.write(f"[127.0.0.1]:{listening.port} {known}\n")
        return listening.port

    def _start_cluster(self, temporary: Path) -> DaskCluster:
        # an extra, and half a second to import
        from smartfleet.lab.workers.dask import DaskCluster  # noqa: PLC0415

        scheduler = Place("scheduler", self._layout.worker_home("scheduler"))
        scheduler.make(temporary / scheduler.name)
        places = {**self._places, scheduler.name: scheduler}

        def environment(name: str) -> dict[str, str]:
            return places[name].environment(temporary / name)

        self._cluster = DaskCluster(self._layout.workers / "dask", list(self._places), list(SITES), environment)
        self._cluster.start()
        return self._cluster
