"""Shells and their commands: what a machine's WinRM service keeps between requests.

There are two kinds, told apart by their resource address: `CommandShell` (cmd, used by Ansible's winrm and pywinrm) and
the PowerShell shell of `smartfleet.lab.winrm.psrp`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import time
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar
from xml.etree.ElementTree import Element

from smartfleet.lab.winrm import wsfault
from smartfleet.lab.winrm.counters import CommandTraffic
from smartfleet.lab.winrm.faults import DropDuring
from smartfleet.lab.winrm.machine import Machine, ModuleCall, NotEmulated, Output
from smartfleet.lab.winrm.manifest import Call, decode
from smartfleet.lab.winrm.process import clixml, refusal, title
from smartfleet.lab.winrm.soap import SHELL, Request
from smartfleet.lab.winrm.workers import Workers

CMD = f"{SHELL}/cmd"
MAX_STDIN = 64 << 20
TERMINATED = Output(status=1)
"""What is left of a process that was ended by Signal or Delete."""
C = TypeVar("C", bound="Command")


@dataclass(frozen=True)
class Piece:
    """What one Receive carries. `status` comes with the last piece of a command."""

    out: bytes = b""
    err: bytes = b""
    status: int | None = None


class Command(ABC):
    """One command. It starts when its input is complete (Windows starts it at once and lets it wait for input)."""

    def __init__(self, command_id: str, user: str) -> None:
        self.id = command_id
        self.user = user
        self.traffic = CommandTraffic()
        self.ready = False
        self.module: ModuleCall | None = None
        self.drop: DropDuring | None = None
        self._task: asyncio.Task[None] | None = None
        self._done = asyncio.Event()

    @abstractmethod
    def call(self) -> Call:
        """What it does; NotEmulated."""

    @abstractmethod
    def keep(self, output: Output) -> None:
        """Takes what the process left, for `take`."""

    @abstractmethod
    def take(self, room: int) -> Piece:
        """The next piece of the output, at most `room` bytes once it is base64."""

    def start(self, machine: Machine, workers: Workers) -> None:
        """Begins the work; it goes on whatever happens to the connection."""
        if self._task is not None or self._done.is_set():
            return
        try:
            call = self.call()
        except NotEmulated as error:
            self.traffic.name = "refused"
            self._finish(refusal(None, f"emulated host: {error} is not emulated"))
            return
        self.traffic.name = title(call)
        self.module = call if isinstance(call, ModuleCall) else None
        self._task = asyncio.create_task(self._run(call, machine, workers))

    async def finished(self, seconds: float) -> bool:
        """Waits for the end; False if it takes longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._done.wait()
        return self._done.is_set()

    async def end(self) -> None:
        """What Signal and Delete do: the process is over, in the middle of whatever it does."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, call: Call, machine: Machine, workers: Workers) -> None:
        began = time.monotonic()
        try:
            self._finish(await workers.run(machine, call))
        except asyncio.CancelledError:
            self._finish(TERMINATED)
            raise
        finally:
            self.traffic.seconds = time.monotonic() - began

    def _finish(self, output: Output) -> None:
        self.keep(output)
        self._done.set()


class Shell(ABC, Generic[C]):
    """One shell of an account, with its commands by their id."""

    def __init__(self, shell_id: str, user: str, resource: str) -> None:
        self.id = shell_id
        self.user = user
        self.resource = resource
        self.commands: dict[str, C] = {}
        self.operations = 0

    @abstractmethod
    def make_command(self, request: Request) -> C:
        """A new command; WsFault."""

    @abstractmethod
    def feed(self, command: C | None, stream: Element) -> None:
        """Takes a piece of input for a command or for the shell itself; WsFault."""

    @abstractmethod
    def take(self, room: int) -> Piece | None:
        """The next piece of what the shell itself says; None if there is nothing."""

    async def close(self) -> None:
        """Ends its commands."""
        for command in self.commands.values():
            await command.end()


class CommandLine(Command):
    """A command line with standard input and two outputs."""

    def __init__(self, line: str, user: str, *, waits: bool) -> None:
        super().__init__(str(uuid.uuid4()).upper(), user)
        self.line = line
        self.stdin = bytearray()
        self.ready = not waits
        self._left = Piece()

    def call(self) -> Call:
        stdin, self.stdin = bytes(self.stdin), bytearray()
        return decode(self.line, stdin, self.user)

    def keep(self, output: Output) -> None:
        err = clixml(output.err) if output.err else ""
        self._left = Piece(output.out.encode(errors="replace"), err.encode(errors="replace"), output.status)

    def take(self, room: int) -> Piece:
        size = max(room // 4 * 3, 3)
        left = self._left
        out, err = left.out[:size], left.err[: max(size - len(left.out), 0)]
        self._left = Piece(left.out[len(out) :], left.err[len(err) :], left.status)
        return Piece(out, err, None if self._left.out or self._left.err else left.status)


class CommandShell(Shell[CommandLine]):
    """The shell ``cmd``. It says nothing itself."""

    def __init__(self, user: str) -> None:
        super().__init__(str(uuid.uuid4()).upper(), user, CMD)

    def make_command(self, request: Request) -> CommandLine:
        line = request.first("Command")
        if line is None or not line.text:
            raise wsfault.BAD_MESSAGE
        words = [line.text, *(word.text or "" for word in request.body.iter(f"{{{SHELL}}}Arguments"))]
        waits = request.options.get("WINRS_CONSOLEMODE_STDIN", "TRUE").upper() != "TRUE"
        return CommandLine(" ".join(words), self.user, waits=waits)

    def feed(self, command: CommandLine | None, stream: Element) -> None:
        if command is None:
            raise wsfault.BAD_MESSAGE
        command.stdin += decoded(stream.text)
        if len(command.stdin) > MAX_STDIN:
            raise wsfault.TOO_BIG
        command.ready = (stream.get("End") or "").lower() in {"true", "1"}

    def take(self, room: int) -> Piece | None:  # noqa: ARG002 - nothing to take
        return None


def decoded(text: str | None) -> bytes:
    """Base64 of a message; WsFault."""
    try:
        return base64.b64decode((text or "").strip(), validate=True)
    except (binascii.Error, ValueError):
        raise wsfault.BAD_MESSAGE from None
