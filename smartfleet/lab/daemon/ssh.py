"""SSH hosts: each with its own port, host key and folder, in which real commands run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from smartfleet.lab.absent import Absence, AbsentPort
from smartfleet.lab.daemon.wire import Wire
from smartfleet.lab.layout import ADMIN

SHELL = "/bin/sh"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CHUNK = 65536
END_SECONDS = 2.0
"""How long output may still come after a command has ended: its children may hold the pipe open."""


@dataclass
class SshHost:
    """One host at `root`. While it does not listen, its port stays taken and refuses connections."""

    root: Path
    host_key: asyncssh.SSHKey
    authorized: Path
    port: int = 0
    wire: Wire = field(default_factory=Wire)
    _acceptor: asyncssh.SSHAcceptor | None = None
    _absent: AbsentPort | None = None
    _commands: set[Process] = field(default_factory=set)

    async def listen(self) -> None:
        if self._acceptor is not None:
            return
        self._free_port()
        home = self.root / "home" / ADMIN
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_host_keys=[self.host_key],
            authorized_client_keys=os.fspath(self.authorized),
            server_factory=lambda: _Counted(self.wire),
            process_factory=self._run,
            sftp_factory=lambda channel: HomeSftp(channel, home, self.wire),
            encoding=None,
            line_editor=False,
        )
        self.port = self._acceptor.get_port()

    async def leave(self, absence: Absence = "refuses") -> None:
        """Stops listening, as a machine that is off; nobody else gets the port meanwhile."""
        await self._stop_listening()
        self._free_port()
        self._absent = AbsentPort("127.0.0.1", self.port, absence)
        self.port = self._absent.port

    async def close(self) -> None:
        """Ends the host and every command that runs on it."""
        await self._stop_listening()
        self._free_port()
        for command in set(self._commands):
            _end_group(command)

    def environment(self) -> dict[str, str]:
        """What a command gets: nothing of the process that runs the lab."""
        return {
            "HOME": os.fspath(self.root / "home" / ADMIN),
            "USER": ADMIN,
            "LOGNAME": ADMIN,
            "SHELL": SHELL,
            "PATH": f"{self.root / 'usr/bin'}:{PATH}",
            "LANG": "C.UTF-8",
        }

    def _free_port(self) -> None:
        if self._absent is not None:
            self._absent.close()
            self._absent = None

    async def _stop_listening(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            self._acceptor = None

    async def _run(self, session: asyncssh.SSHServerProcess[bytes]) -> None:
        """One command, or a shell that reads its commands from the connection."""
        self.wire.asked()
        command = await asyncio.create_subprocess_exec(
            SHELL,
            *(["-c", session.command] if session.command else []),
            cwd=self.root / "home" / ADMIN,
            env=self.environment(),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
        self._commands.add(command)
        try:
            await _connect(session, command)
        finally:
            # as with sshd, a command goes on when its connection is lost; `close` ends what is left
            await command.wait()
            self._commands.discard(command)


class _Counted(asyncssh.SSHServer):
    """One connection, as `wire` counts it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._wire.opened(self, conn.get_extra_info("socket").fileno())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ends
        self._wire.closed(self)


class HomeSftp(asyncssh.SFTPServer):
    """Files of the machine; relative paths begin in the admin's home."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], home: Path, wire: Wire) -> None:
        super().__init__(channel)
        wire.asked()
        self._home = os.fsencode(home)

    def map_path(self, path: bytes) -> bytes:
        return os.path.join(self._home, path)  # noqa: PTH118 - the protocol's paths are bytes


async def _connect(session: asyncssh.SSHServerProcess[bytes], command: Process) -> None:
    """Carries input and output until the command has ended, then sends its status."""
    outputs = [
        asyncio.create_task(_carry(source, target))
        for source, target in ((command.stdout, session.stdout), (command.stderr, session.stderr))
        if source is not None
    ]
    inward = asyncio.create_task(_feed(session, command))
    try:
        status = await command.wait()
        await asyncio.wait(outputs, timeout=END_SECONDS)
    finally:
        for task in (*outputs, inward):
            task.cancel()
    session.exit(status if status >= 0 else 128 - status)


async def _carry(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    with contextlib.suppress(OSError, asyncssh.Error):  # the connection is lost; the command need not know
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()


async def _feed(session: asyncssh.SSHServerProcess[bytes], command: Process) -> None:
    if command.stdin is None:
        return
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await session.stdin.read(CHUNK):
            command.stdin.write(data)
            await command.stdin.drain()
    command.stdin.close()


def _end_group(command: Process) -> None:
    if command.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGTERM)
