"""What each WS-Management operation does to a machine's shells, and the body of its answer."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn
from xml.sax.saxutils import escape

from smartfleet.lab.winrm import wsfault
from smartfleet.lab.winrm.counters import Counters
from smartfleet.lab.winrm.faults import DropDuring, Faults
from smartfleet.lab.winrm.machine import Machine
from smartfleet.lab.winrm.psrp import POWERSHELL, RunspacePool
from smartfleet.lab.winrm.shells import CMD, Command, CommandShell, Piece, Shell
from smartfleet.lab.winrm.soap import SHELL, Request
from smartfleet.lab.winrm.workers import Workers

ENVELOPE_ROOM = 2_000
"""What an answer to a Receive needs around its data, bytes."""
_STATE = f"{SHELL}/CommandState"


class DroppedError(Exception):
    """The connection is to be cut instead of an answer."""


class Operations:
    """The shells of one machine."""

    def __init__(self, machine: Machine, workers: Workers, faults: Faults, counters: Counters) -> None:
        self._machine = machine
        self._workers = workers
        self._faults = faults
        self._counters = counters
        self._shells: dict[str, Shell[Any]] = {}
        self._deaf_until = 0.0

    @property
    def deaf(self) -> bool:
        """Whether nobody gets through for a while, after a drop."""
        return time.monotonic() < self._deaf_until

    async def run(self, request: Request, user: str) -> str:
        """The answer's body as XML; WsFault or DroppedError."""
        operation = self._table().get(request.action)
        if operation is None:
            raise wsfault.unknown_action(request.action_uri)
        if request.resource not in {CMD, POWERSHELL}:
            raise wsfault.unknown_resource(request.resource)
        self._counters.count_action(request.action)
        return await operation(request, user)

    def command(self, request: Request) -> Command | None:
        """The command that a request is about, for counting its traffic."""
        shell = self._shells.get(request.shell_id)
        return shell.commands.get(_command_id(request)) if shell else None

    def newest(self, shell_id: str) -> Command:
        """The command that was made last in a shell."""
        newest: Command = next(reversed(self._shells[shell_id].commands.values()))
        return newest

    async def close(self) -> None:
        """Ends every shell with its processes."""
        for shell in self._shells.values():
            await shell.close()
        self._shells.clear()

    def _table(self) -> dict[str, Callable[[Request, str], Awaitable[str]]]:
        return {
            "Create": self._create,
            "Command": self._command,
            "Send": self._send,
            "Receive": self._receive,
            "Signal": self._signal,
            "Delete": self._delete,
        }

    async def _create(self, request: Request, user: str) -> str:
        if self._faults.deny_access or not self._machine.is_admin(user):
            raise wsfault.ACCESS_DENIED
        if self._faults.takes_one("deleted_keys"):
            raise wsfault.KEY_DELETED
        if sum(shell.user == user for shell in self._shells.values()) >= self._faults.max_shells:
            raise wsfault.too_many_shells(self._faults.max_shells)
        shell = CommandShell(user) if request.resource == CMD else RunspacePool(request, user)
        if shell.id in self._shells:
            raise wsfault.BAD_MESSAGE
        self._shells[shell.id] = shell
        return _created(shell)

    async def _command(self, request: Request, user: str) -> str:
        shell = self._shell(request, user)
        shell.operations += 1
        if shell.operations > self._faults.max_operations:
            raise wsfault.too_many_operations(self._faults.max_operations)
        command = shell.make_command(request)
        shell.commands[command.id] = command
        self._counters.commands.append(command.traffic)
        self._start(command)
        return f"<rsp:CommandResponse><rsp:CommandId>{command.id}</rsp:CommandId></rsp:CommandResponse>"

    async def _send(self, request: Request, user: str) -> str:
        shell, command = self._shell(request, user), None
        if _command_id(request):
            command = self._known_command(request, user)
        for piece in request.body.iter(f"{{{SHELL}}}Stream"):
            shell.feed(command, piece)
        if command is not None:
            self._start(command)
        if self._faults.takes_one("send_timeouts"):
            raise wsfault.TIMED_OUT
        return "<rsp:SendResponse/>"

    async def _receive(self, request: Request, user: str) -> str:
        limit = self._faults.receive_limit
        seconds = request.timeout if limit is None else min(limit, request.timeout)
        room = request.max_envelope - ENVELOPE_ROOM
        if not _command_id(request):
            said = self._shell(request, user).take(room)
            if said is None:
                await asyncio.sleep(seconds)
                raise wsfault.TIMED_OUT
            return f"<rsp:ReceiveResponse>{_stream('stdout', '', said.out)}</rsp:ReceiveResponse>"
        command = self._known_command(request, user)
        if command.drop is not None:
            await self._drop(command, command.drop)
        if not await command.finished(seconds):
            raise wsfault.TIMED_OUT
        return _received(command.id, command.take(room))

    async def _signal(self, request: Request, user: str) -> str:
        """Ends the command; one that is not known any more is no error, as on Windows."""
        shell = self._shell(request, user)
        command = shell.commands.pop(_command_id(request), None)
        if command is not None:
            await command.end()
        return "<rsp:SignalResponse/>"

    async def _delete(self, request: Request, user: str) -> str:
        shell = self._shell(request, user)
        del self._shells[shell.id]
        await shell.close()
        return ""

    def _start(self, command: Command) -> None:
        """Begins a command whose input is complete."""
        if not command.ready:
            return
        command.start(self._machine, self._workers)
        drop = self._faults.drop_during
        if drop is not None and command.module is not None and drop.fits(command.module):
            self._faults.drop_during = None
            command.drop = drop

    async def _drop(self, command: Command, drop: DropDuring) -> NoReturn:
        """Cuts the connection that waits for the command."""
        command.drop = None
        await command.finished(drop.after)
        self._deaf_until = time.monotonic() + drop.deaf
        raise DroppedError

    def _shell(self, request: Request, user: str) -> Shell[Any]:
        shell = self._shells.get(request.shell_id)
        if shell is None or shell.user != user:
            raise wsfault.unknown_shell(request.shell_id[:64])
        return shell

    def _known_command(self, request: Request, user: str) -> Command:
        command: Command | None = self._shell(request, user).commands.get(_command_id(request))
        if command is None:
            raise wsfault.unknown_command(_command_id(request)[:64])
        return command


def _command_id(request: Request) -> str:
    """The command that Send, Receive and Signal name in an attribute of their element."""
    for name in ("Stream", "DesiredStream", "Signal"):
        element = request.first(name)
        if element is not None:
            return element.get("CommandId", "")
    return ""


def _created(shell: Shell[Any]) -> str:
    resource = escape(shell.resource)
    return (
        f"<x:ResourceCreated><a:Address>{resource}</a:Address><a:ReferenceParameters>"
        f'<w:ResourceURI>{resource}</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">{shell.id}</w:Selector>'
        "</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
        f"<rsp:Shell><rsp:ShellId>{shell.id}</rsp:ShellId><rsp:ResourceUri>{resource}</rsp:ResourceUri>"
        f"<rsp:Owner>{escape(shell.user)}</rsp:Owner></rsp:Shell>"
    )


def _received(command_id: str, piece: Piece) -> str:
    """One piece of a command's output; with the last one both streams end and the exit code stands."""
    streams = _stream("stdout", command_id, piece.out) + _stream("stderr", command_id, piece.err)
    state, code = "Running", ""
    if piece.status is not None:
        ends = [f'<rsp:Stream Name="{name}" CommandId="{command_id}" End="true"/>' for name in ("stdout", "stderr")]
        streams += "".join(ends)
        state, code = "Done", f"<rsp:ExitCode>{piece.status}</rsp:ExitCode>"
    return (
        f'<rsp:ReceiveResponse>{streams}<rsp:CommandState CommandId="{command_id}" State="{_STATE}/{state}">{code}'
        "</rsp:CommandState></rsp:ReceiveResponse>"
    )


def _stream(name: str, command_id: str, data: bytes) -> str:
    """Data as XML; `command_id` is empty for what a shell itself says."""
    if not data:
        return ""
    owner = f' CommandId="{command_id}"' if command_id else ""
    return f'<rsp:Stream Name="{name}"{owner}>{base64.b64encode(data).decode()}</rsp:Stream>'
