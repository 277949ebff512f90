"""A worker behind ssh on this machine, with a wire between that can be cut, for tests."""

from __future__ import annotations

import asyncio
import getpass
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

from smartfleet.engines.ssh.engine import SshWorkers
from smartfleet.fleet.engines import SshEngine
from smartfleet.lab.daemon.ssh import SshHost
from smartfleet.lab.layout import ADMIN
from smartfleet.lab.workers import ssh
from smartfleet.lab.workers.place import Place
from tests.integration.engines.grounds import marked

_BLOCK = 1 << 16


class Wire:
    """Carries bytes between whoever connects to `port` and the port `to`."""

    def __init__(self) -> None:
        self.port = 0
        self._to = 0
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()
        self._open: list[asyncio.StreamWriter] = []

    async def lay(self, to: int) -> None:
        self._to = to
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """What is connected stays so, and hears no more. Whoever connects later is well."""
        for task in self._carrying:
            task.cancel()

    async def remove(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.cut()
        for writer in self._open:
            writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._open += [writer, back]
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.create_task(_carry(source, target))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while block := await source.read(_BLOCK):
            target.write(block)
            await target.drain()
    except OSError:
        pass
    target.close()


class SshGround:
    """The worker's machine has a home of its own, whose name marks all that runs there."""

    def __init__(self, folder: Path) -> None:
        self.places = [folder]
        self.disks = [folder / "tmp"]
        self._folder = folder
        self._place = Place("worker", folder / "home" / ADMIN)
        self._wire = Wire()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listening = self._do(self._listen())
        self.engine = self.another()

    def another(self) -> SshWorkers:
        worker = {
            "destination": f"{ADMIN if isinstance(self._listening, SshHost) else getpass.getuser()}@127.0.0.1",
            "port": self._wire.port,
            "identity_file": "key",
            "known_hosts_file": "known_hosts",
        }
        return SshWorkers(SshEngine.model_validate({"workers": [worker]}), self._folder)

    def processes(self) -> dict[int, str]:
        return marked(f"HOME={self._place.home}")

    def sever(self) -> None:
        self._do(self._wire.cut())

    def close(self) -> None:
        self.engine.close()
        self._do(self._wire.remove())
        self._do(self._listening.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> ssh.Sshd | SshHost:
        self._place.make(*self.disks)
        key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        for name, pair in (("key", key), ("host_key", host_key)):
            pair.write_private_key(self._folder / name)
            (self._folder / name).chmod(0o600)
        authorized = self._folder / "authorized_keys"
        authorized.write_bytes(f"{self._place.forced} ".encode() + key.export_public_key())
        program = ssh.program()
        listening = ssh.Sshd(program, self._folder) if program else SshHost(self._folder, host_key, authorized)
        await listening.listen()
        await self._wire.lay(listening.port)
        known = f"[127.0.0.1]:{self._wire.port} ".encode() + host_key.export_public_key()
        (self._folder / "known_hosts").write_bytes(known)
        return listening

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@contextmanager
def ssh_ground(folder: Path) -> Iterator[SshGround]:
    ground = SshGround(folder)
    try:
        yield ground
    finally:
        ground.close()
