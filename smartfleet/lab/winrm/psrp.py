"""The PowerShell shell: PSRP inside WS-Management, as `ansible_connection: psrp` speaks it.

A runspace pool is a shell whose messages travel as fragments in ``creationXml``, Arguments, Send and Receive (MS-PSRP).
A pipeline is a command: its script stands in CreatePipeline, its input comes as objects (here: lines of text).
"""

from __future__ import annotations

import uuid
from typing import Any
from xml.etree.ElementTree import Element

import psrpcore
from psrpcore.types import HostMethodIdentifier, NETException, RunspacePoolState

from smartfleet.lab.winrm import wsfault
from smartfleet.lab.winrm.machine import NotEmulated, Output
from smartfleet.lab.winrm.manifest import Call, decode_script
from smartfleet.lab.winrm.process import printable
from smartfleet.lab.winrm.shells import MAX_STDIN, Command, Piece, Shell, decoded
from smartfleet.lab.winrm.soap import Request

POWERSHELL = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
_CREATION = "{http://schemas.microsoft.com/powershell}creationXml"
_MIN_FRAGMENT = 64
_ANY_SIZE = 1 << 20
_LAST_STATUS = "\nexit $LASTEXITCODE"
"""What Ansible puts after a plain command."""


class Pipeline(Command):
    """One pipeline of a pool."""

    def __init__(self, pool: psrpcore.ServerRunspacePool, pipeline_id: uuid.UUID, user: str) -> None:
        super().__init__(str(pipeline_id).upper(), user)
        self._pool = pool
        self._pipeline = psrpcore.ServerPipeline(pool, pipeline_id)
        self._input: list[str] = []
        self._size = 0
        self._ahead = b""

    def call(self) -> Call:
        script = self._pipeline.metadata
        commands = script.commands if isinstance(script, psrpcore.PowerShell) else []
        if len(commands) != 1 or not commands[0].is_script or commands[0].parameters:
            raise NotEmulated("a pipeline that is not one script without parameters")
        text = commands[0].command_text.removesuffix(_LAST_STATUS)
        return decode_script(text, "\n".join(self._input).encode(), self.user)

    def add_input(self, data: object) -> None:
        """One object of input; text is all that Ansible sends."""
        line = str(data)
        self._size += len(line)
        if self._size > MAX_STDIN:
            raise wsfault.TOO_BIG
        self._input.append(line)

    def keep(self, output: Output) -> None:
        self._pipeline.start()
        for line in output.out.splitlines():
            self._pipeline.write_output(line)
        if output.err:
            # what a program writes to its error stream arrives under this name, and clients show it as it is
            error = NETException(printable(output.err))
            self._pipeline.write_error(error, fully_qualified_error_id="NativeCommandError")
        if output.status:
            self._pipeline.host_call(HostMethodIdentifier.SetShouldExit, [output.status])
        self._pipeline.complete()

    def take(self, room: int) -> Piece:
        data = self._ahead or _fragments(self._pool, room)
        self._ahead = _fragments(self._pool, room)
        return Piece(out=data, status=None if self._ahead else 0)

    async def end(self) -> None:
        """What it said and nobody received is gone with it: the next pipeline of the pool begins with its own."""
        await super().end()
        while _fragments(self._pool, _ANY_SIZE):
            pass


class RunspacePool(Shell[Pipeline]):
    """One pool. Ansible runs one pipeline of it after the other."""

    def __init__(self, request: Request, user: str) -> None:
        """The pool that a Create asks for; WsFault."""
        shell, creation = request.first("Shell"), request.body.find(f".//{_CREATION}")
        super().__init__(_id(shell.get("ShellId") if shell is not None else None), user, request.resource)
        self._pool = psrpcore.ServerRunspacePool()
        if creation is None:
            raise wsfault.BAD_MESSAGE
        self._read(decoded(creation.text))
        if self._pool.state != RunspacePoolState.Opened:
            raise wsfault.BAD_MESSAGE

    def make_command(self, request: Request) -> Pipeline:
        line, arguments = request.first("CommandLine"), request.first("Arguments")
        command_id = _id(line.get("CommandId") if line is not None else None)
        if arguments is None or command_id in self.commands:
            raise wsfault.BAD_MESSAGE
        pipeline = self.commands[command_id] = Pipeline(self._pool, uuid.UUID(command_id), self.user)
        self._read(decoded(arguments.text))
        return pipeline

    def feed(self, command: Pipeline | None, stream: Element) -> None:  # noqa: ARG002 - fragments name their pipeline
        self._read(decoded(stream.text))

    def take(self, room: int) -> Piece | None:
        data = _fragments(self._pool, room)
        return Piece(out=data) if data else None

    def _read(self, fragments: bytes) -> None:
        """Takes fragments in. Psrpcore breaks in many ways on what is none, and would read declared entities."""
        if b"<!DOCTYPE" in fragments:
            raise wsfault.BAD_MESSAGE
        try:
            self._pool.receive_data(psrpcore.PSRPPayload(fragments, psrpcore.StreamType.default, None))
            while (event := self._pool.next_event()) is not None:
                self._take_event(event)
        except wsfault.WsFault:
            raise
        except Exception as error:
            raise wsfault.BAD_MESSAGE from error

    def _take_event(self, event: psrpcore.PSRPEvent[Any, Any]) -> None:
        pipeline = self.commands.get(str(event.pipeline_id or "").upper())
        if pipeline is None:
            return
        if isinstance(event, psrpcore.PipelineInputEvent):
            pipeline.add_input(event.data)
        elif isinstance(event, psrpcore.EndOfPipelineInputEvent):
            pipeline.ready = True
        elif isinstance(event, psrpcore.CreatePipelineEvent):
            pipeline.ready = event.pipeline.no_input


def _fragments(pool: psrpcore.ServerRunspacePool, room: int) -> bytes:
    """The next fragments that fit into `room` bytes of base64; empty if there are none."""
    payload = pool.data_to_send(max(room // 4 * 3, _MIN_FRAGMENT))
    return payload.data if payload else b""


def _id(text: str | None) -> str:
    """A shell's or command's id as Windows writes it; the client may choose it."""
    try:
        return str(uuid.UUID(text)).upper() if text else str(uuid.uuid4()).upper()
    except ValueError:
        raise wsfault.BAD_MESSAGE from None
