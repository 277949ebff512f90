"""Shells and commands of an emulated machine: what the operations do, and the faults of a service in trouble."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.lab.winrm import process, soap
from smartfleet.lab.winrm.counters import Counters
from smartfleet.lab.winrm.faults import DropDuring, Faults
from smartfleet.lab.winrm.machine import Machine, Output
from smartfleet.lab.winrm.manifest import Call
from smartfleet.lab.winrm.operations import DroppedError, Operations
from smartfleet.lab.winrm.workers import Workers
from smartfleet.lab.winrm.wsfault import WsFault
from tests.unit.winrm_machine import KnownAccounts
from tests.unit.winrm_messages import envelope, manifest_input, module_action, powershell

T = TypeVar("T")
MODULE = "ansible_collections.smartde.nextcloud.plugins.modules.win_account_move.ps1"


class Instant(Workers):
    """Plays nothing: every process leaves `result`, or never ends without one."""

    def __init__(self, result: Output | None) -> None:
        super().__init__(0)
        self.result = result
        self.ended = 0

    async def run(self, machine: Machine, call: Call) -> Output:  # noqa: ARG002 - as its base
        try:
            await asyncio.sleep(0 if self.result else 3600)
        except asyncio.CancelledError:
            self.ended += 1
            raise
        assert self.result is not None
        return self.result


@dataclass
class Service:
    """One machine's operations, spoken to in SOAP."""

    workers: Instant = field(default_factory=lambda: Instant(Output("out", "err", 7)))
    faults: Faults = field(default_factory=Faults)
    user: str = "eva"
    operations: Operations = field(init=False)

    def __post_init__(self) -> None:
        self.operations = Operations(KnownAccounts(), self.workers, self.faults, Counters())

    async def say(self, message: bytes, *, user: str = "") -> soap.Request:
        """The answer, read as a request is (both are envelopes)."""
        request = soap.parse(soap.parse_xml(message))
        answer = soap.answer(request, await self.operations.run(request, user or self.user))
        return soap.parse(soap.parse_xml(answer.replace(b"a:RelatesTo", b"a:Other")))

    async def shell(self, *, user: str = "") -> str:
        created = (await self.say(envelope("Create"), user=user)).first("ShellId")
        assert created is not None
        return str(created.text)

    async def command(self, shell: str, line: str, *, stdin: bool = False) -> str:
        body = {"rsp:CommandLine": {"rsp:Command": line.partition(" ")[0], "rsp:Arguments": line.partition(" ")[2]}}
        answer = await self.say(
            envelope("Command", body, shell_id=shell, WINRS_CONSOLEMODE_STDIN=str(not stdin).upper())
        )
        made = answer.first("CommandId")
        assert made is not None
        return str(made.text)

    async def send(self, shell: str, command: str, data: bytes, *, end: bool) -> None:
        stream = {
            "@Name": "stdin",
            "@CommandId": command,
            "@End": str(end).lower(),
            "#text": base64.b64encode(data).decode(),
        }
        await self.say(envelope("Send", {"rsp:Send": {"rsp:Stream": stream}}, shell_id=shell))

    async def receive(self, shell: str, command: str) -> soap.Request:
        wanted = {"@CommandId": command, "#text": "stdout stderr"}
        return await self.say(envelope("Receive", {"rsp:Receive": {"rsp:DesiredStream": wanted}}, shell_id=shell))

    async def signal(self, shell: str, command: str) -> None:
        await self.say(
            envelope("Signal", {"rsp:Signal": {"@CommandId": command, "rsp:Code": "terminate"}}, shell_id=shell)
        )

    async def module(self, shell: str, **arguments: str) -> str:
        """A module that has begun; the command's id."""
        command = await self.command(shell, powershell("#"), stdin=True)
        await self.send(shell, command, manifest_input(module_action(MODULE, arguments)), end=True)
        return command


def run(work: Awaitable[T]) -> T:
    async def wait() -> T:
        return await work

    return asyncio.run(wait())


def code(work: Awaitable[object]) -> int:
    """The number of the fault that `work` ends in."""
    with pytest.raises(WsFault) as caught:
        run(work)
    return caught.value.code


def streams(answer: soap.Request, name: str) -> bytes:
    found = answer.body.iter(f"{{{soap.SHELL}}}Stream")
    return b"".join(base64.b64decode(one.text or "") for one in found if one.get("Name") == name)


def state(answer: soap.Request) -> tuple[str, str | None]:
    """``Done`` or ``Running``, and the exit code."""
    element, exit_code = answer.first("CommandState"), answer.first("ExitCode")
    assert element is not None
    return str(element.get("State")).rpartition("/")[2], None if exit_code is None else exit_code.text


def test_a_command_from_its_shell_to_its_end() -> None:
    async def work() -> soap.Request:
        service = Service()
        shell = await service.shell()
        command = await service.command(shell, powershell("hostname"))
        answer = await service.receive(shell, command)
        await service.signal(shell, command)
        await service.say(envelope("Delete", shell_id=shell))
        return answer

    answer = run(work())
    assert (streams(answer, "stdout"), state(answer)) == (b"out", ("Done", "7"))
    assert streams(answer, "stderr") == process.clixml("err").encode()


def test_input_comes_in_pieces() -> None:
    async def work() -> tuple[str, str | None]:
        service = Service()
        shell = await service.shell()
        command = await service.command(shell, powershell("#"), stdin=True)
        data = manifest_input(module_action(MODULE, {}))
        await service.send(shell, command, data[:20], end=False)
        await service.send(shell, command, data[20:], end=True)
        return state(await service.receive(shell, command))

    assert run(work()) == ("Done", "7")


def test_much_output_takes_as_many_answers_as_its_size_asks_for() -> None:
    out = "a7ü" * 100_000

    async def work() -> list[soap.Request]:
        service = Service(Instant(Output(out)))
        shell = await service.shell()
        command = await service.command(shell, powershell("x"))
        answers = [await service.receive(shell, command)]
        while state(answers[-1])[0] == "Running":
            answers.append(await service.receive(shell, command))
        return answers

    answers = run(work())
    assert b"".join(streams(one, "stdout") for one in answers) == out.encode()
    assert len(answers) == -(-len(out.encode()) // (151_600 // 4 * 3))


@given(st.text(max_size=500), st.text(st.sampled_from("abc"), max_size=50), st.integers(-5, 300))
def test_pieces_never_exceed_their_room(out: str, err: str, room: int) -> None:
    async def work() -> None:
        service = Service(Instant(Output(out, err, 3)))
        shell = await service.shell()
        await service.command(shell, powershell("x"))
        command = service.operations.newest(shell)
        await command.finished(5)
        pieces = [command.take(room)]
        while pieces[-1].status is None:
            pieces.append(command.take(room))
        assert all(
            len(base64.b64encode(one.out)) + len(base64.b64encode(one.err)) <= max(room, 4) + 4 for one in pieces
        )
        assert b"".join(one.out for one in pieces) == out.encode("utf-8")
        assert b"".join(one.err for one in pieces) == (process.clixml(err).encode() if err else b"")

    run(work())


@pytest.mark.parametrize("action", ["Command", "Send", "Receive", "Signal", "Delete"])
def test_an_unknown_shell(action: str) -> None:
    assert code(Service().say(envelope(action, shell_id="S"))) == 2150858843


def test_somebody_elses_shell_is_unknown() -> None:
    service = Service()
    shell = run(service.shell())
    assert code(service.say(envelope("Delete", shell_id=shell), user="tom")) == 2150858843


def test_an_unknown_command() -> None:
    service = Service()
    shell = run(service.shell())
    assert code(service.receive(shell, "X")) == 87
    assert code(service.send(shell, "X", b"", end=True)) == 87
    run(service.signal(shell, "X"))


def test_input_that_is_no_base64() -> None:
    async def work() -> None:
        service = Service()
        shell = await service.shell()
        command = await service.command(shell, powershell("#"), stdin=True)
        stream = {"@Name": "stdin", "@CommandId": command, "#text": "!!"}
        await service.say(envelope("Send", {"rsp:Send": {"rsp:Stream": stream}}, shell_id=shell))

    assert code(work()) == 2150858817


def test_other_actions_and_resources() -> None:
    assert code(Service().say(envelope("Enumerate"))) == 2150858771
    assert code(Service().say(envelope("Create").replace(b"shell/cmd<", b"shell/other<"))) == 2150858811


def test_no_administrator() -> None:
    assert code(Service(user="guest").shell()) == 5
    assert code(Service(faults=Faults(deny_access=True)).shell()) == 5


def test_quotas() -> None:
    async def shells(service: Service, count: int) -> None:
        for _ in range(count):
            await service.shell()

    assert code(shells(Service(), 31)) == 2150859173
    service = Service(faults=Faults(max_shells=1))
    shell = run(service.shell())
    run(service.shell(user="tom"))
    assert code(service.shell()) == 2150859173
    run(service.say(envelope("Delete", shell_id=shell)))
    run(service.shell())


def test_the_quota_of_operations_is_the_shells() -> None:
    async def commands(count: int) -> None:
        service = Service(faults=Faults(max_operations=2))
        shell = await service.shell()
        for _ in range(count):
            await service.signal(shell, await service.command(shell, powershell("x")))

    run(commands(2))
    assert code(commands(3)) == 2150859174


def test_the_transient_fault_goes_away() -> None:
    service = Service(faults=Faults(deleted_keys=2))
    assert [code(service.shell()), code(service.shell())] == [1018, 1018]
    run(service.shell())


def test_a_long_process_times_out_and_goes_on() -> None:
    async def work() -> None:
        service = Service(Instant(None), Faults(receive_limit=0.01))
        shell = await service.shell()
        command = await service.module(shell)
        for _ in range(2):
            with pytest.raises(WsFault) as caught:
                await service.receive(shell, command)
            assert caught.value.code == 2150858793
        assert service.workers.ended == 0
        await service.signal(shell, command)
        assert service.workers.ended == 1

    run(work())


@pytest.mark.parametrize("how", ["Delete", "close"])
def test_a_shell_takes_its_processes_with_it(how: str) -> None:
    async def work() -> int:
        service = Service(Instant(None))
        shell = await service.shell()
        await service.module(shell)
        await asyncio.sleep(0)
        await (service.say(envelope("Delete", shell_id=shell)) if how == "Delete" else service.operations.close())
        return service.workers.ended

    assert run(work()) == 1


def test_a_send_that_times_out_was_taken() -> None:
    async def work() -> tuple[str, str | None]:
        service = Service(faults=Faults(send_timeouts=1))
        shell = await service.shell()
        with pytest.raises(WsFault):
            await service.module(shell)
        return state(await service.receive(shell, service.operations.newest(shell).id))

    assert run(work()) == ("Done", "7")


def dropping(drop: DropDuring, **arguments: str) -> Callable[[], Awaitable[Service]]:
    async def work() -> Service:
        service = Service(faults=Faults(drop_during=drop))
        shell = await service.shell()
        await service.receive(shell, await service.module(shell, **arguments))
        return service

    return work


def test_a_drop_during_a_module() -> None:
    drop = DropDuring("win_account_move", {"phase": "commit"})
    with pytest.raises(DroppedError):
        run(dropping(drop, phase="commit")())
    assert run(dropping(drop, phase="prepare")()).faults.drop_during == drop
    assert run(dropping(DropDuring("win_other"))()).faults.drop_during is not None


def test_the_cut_comes_when_some_work_is_done() -> None:
    async def work() -> float:
        service = Service(Instant(None), Faults(drop_during=DropDuring("win_account_move", after=0.1)))
        shell = await service.shell()
        command = await service.module(shell)
        began = time.monotonic()
        with pytest.raises(DroppedError):
            await service.receive(shell, command)
        waited = time.monotonic() - began
        assert service.workers.ended == 0
        await service.operations.close()
        return waited

    assert 0.1 <= run(work()) < 60


def test_after_a_drop_nobody_gets_through_for_a_while() -> None:
    async def work() -> tuple[bool, bool]:
        service = Service(faults=Faults(drop_during=DropDuring("win_account_move", deaf=1.0)))
        shell = await service.shell()
        with pytest.raises(DroppedError):
            await service.receive(shell, await service.module(shell))
        before = service.operations.deaf
        await asyncio.sleep(1.0)
        return before, service.operations.deaf

    assert run(work()) == (True, False)


def test_the_nth_request_drops() -> None:
    faults = Faults(drop_at=3)
    assert [faults.drops_now() for _ in range(5)] == [False, False, True, False, False]
