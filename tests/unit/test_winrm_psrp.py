"""The PowerShell shell of an emulated machine, against pypsrp's and psrpcore's own client side."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import uuid
from typing import Any

import psrpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psrpcore.types import HostMethodIdentifier

from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated, Output, ScriptCall
from smartfleet.lab.winrm.psrp import POWERSHELL, Pipeline, RunspacePool
from smartfleet.lab.winrm.soap import SHELL, Request, parse, parse_xml
from smartfleet.lab.winrm.wsfault import WsFault
from tests.unit.winrm_messages import envelope, manifest_input, module_action

POOL = str(uuid.UUID(int=7))
MODULE = "ansible_collections.smartde.nextcloud.plugins.modules.win_client_facts.ps1"


def create(fragments: bytes, *, shell_id: str = POOL) -> Request:
    creation = {"@xmlns": "http://schemas.microsoft.com/powershell", "#text": base64.b64encode(fragments).decode()}
    message = envelope("Create", {"rsp:Shell": {"@ShellId": shell_id, "creationXml": creation}})
    return parse(parse_xml(message.replace(f"{SHELL}/cmd".encode(), POWERSHELL.encode())))


def command(fragments: bytes, command_id: str) -> Request:
    arguments = base64.b64encode(fragments).decode()
    body = {"rsp:CommandLine": {"@CommandId": command_id, "rsp:Command": "", "rsp:Arguments": arguments}}
    return parse(parse_xml(envelope("Command", body, shell_id=POOL)))


def stream(fragments: bytes) -> Any:
    body = {"rsp:Send": {"rsp:Stream": {"@Name": "stdin", "#text": base64.b64encode(fragments).decode()}}}
    return parse(parse_xml(envelope("Send", body, shell_id=POOL))).first("Stream")


class Client:
    """A client with an open pool on a machine."""

    def __init__(self) -> None:
        self.pool = psrpcore.ClientRunspacePool(runspace_pool_id=uuid.UUID(POOL))
        self.pool.open()
        self.shell = RunspacePool(create(self.data()), "eva")
        said = self.shell.take(150_000)
        assert said is not None
        self.read(said.out)

    def data(self) -> bytes:
        payload = self.pool.data_to_send()
        return payload.data if payload else b""

    def read(self, fragments: bytes) -> list[psrpcore.PSRPEvent[Any, Any]]:
        self.pool.receive_data(psrpcore.PSRPPayload(fragments, psrpcore.StreamType.default, None))
        return list(iter(self.pool.next_event, None))

    def run(self, script: str, *lines: str, into: str = "") -> Pipeline:
        """A pipeline whose input is complete; `into` is a second command."""
        client = psrpcore.ClientPowerShell(self.pool, no_input=not lines)
        client.add_script(script)
        if into:
            client.add_command(into)
        client.start()
        made = self.shell.make_command(command(self.data(), str(client.pipeline_id).upper()))
        for line in lines:
            client.send(line)
        if lines:
            client.send_eof()
        while data := self.data():
            self.shell.feed(made, stream(data))
        assert made.ready
        return made


def test_a_pool_opens() -> None:
    assert Client().pool.state == psrpcore.types.RunspacePoolState.Opened


def test_a_module_arrives_as_over_the_other_shell() -> None:
    text = manifest_input(module_action(MODULE, {"root": "/ü"})).decode()
    call = Client().run("# bootstrap", *text.splitlines()).call()
    assert isinstance(call, ModuleCall)
    assert (call.name, call.arguments) == ("smartde.nextcloud.win_client_facts", {"root": "/ü"})


def test_a_plain_command() -> None:
    call = Client().run("hostname\nexit $LASTEXITCODE").call()
    assert isinstance(call, ScriptCall)
    assert (call.text, call.stdin) == ("hostname", b"")


def test_more_than_one_script_is_refused() -> None:
    with pytest.raises(NotEmulated):
        Client().run("hostname", into="Out-Null").call()


@pytest.mark.parametrize("room", [150_000, 2_000, 100])
def test_output_comes_back_in_pieces(room: int) -> None:
    client = Client()
    pipeline = client.run("x")
    pipeline.keep(Output("one\r\n" + "ü" * 3000, "went <wrong>", 3))
    pieces = [pipeline.take(room)]
    while pieces[-1].status is None:
        pieces.append(pipeline.take(room))
    assert all(len(base64.b64encode(one.out)) <= room for one in pieces)
    events = [event for piece in pieces for event in client.read(piece.out)]
    output = [event.data for event in events if isinstance(event, psrpcore.PipelineOutputEvent)]
    errors = [event.record.Exception.Message for event in events if isinstance(event, psrpcore.ErrorRecordEvent)]
    (call,) = [event for event in events if isinstance(event, psrpcore.PipelineHostCallEvent)]
    assert (output, errors) == (["one", "ü" * 3000], ["went <wrong>"])
    assert (call.method_identifier, call.method_parameters) == (HostMethodIdentifier.SetShouldExit, [3])
    assert isinstance(events[-1], psrpcore.PipelineStateEvent)


@pytest.mark.parametrize("text", ["\udc80", "a\0b", "\x1b[31m", "_x0041_", "<&>", "\U0001f600", ""])
def test_any_text_can_be_said(text: str) -> None:
    client = Client()
    pipeline = client.run("x")
    pipeline.keep(Output(text, text or "none", 1))
    events = client.read(pipeline.take(150_000).out)
    assert [event.data for event in events if isinstance(event, psrpcore.PipelineOutputEvent)] == (
        [text] if text else []
    )


def test_what_nobody_received_is_not_said_by_the_next_one() -> None:
    client = Client()
    first = client.run("x")
    first.keep(Output("first"))
    asyncio.run(first.end())
    second = client.run("y")
    second.keep(Output("second"))
    events = client.read(second.take(150_000).out)
    assert [event.data for event in events if isinstance(event, psrpcore.PipelineOutputEvent)] == ["second"]


def test_a_pool_says_nothing_more_once_it_is_open() -> None:
    assert Client().shell.take(1000) is None


@pytest.mark.parametrize(
    "request_",
    [
        create(b"nonsense"),
        create(b"\0" * 21),
        create(b'<!DOCTYPE a [<!ENTITY b "c">]>'),
        create(b"", shell_id="../../etc"),
        parse(parse_xml(envelope("Create"))),
    ],
)
def test_other_pools_are_refused(request_: Request) -> None:
    with pytest.raises(WsFault):
        RunspacePool(request_, "eva")


@pytest.mark.parametrize("command_id", ["", "x", POOL])
def test_other_pipelines_are_refused(command_id: str) -> None:
    with pytest.raises(WsFault):
        Client().shell.make_command(command(b"nonsense", command_id))


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_any_fragments_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(WsFault):
        Client().shell.feed(None, stream(data))
