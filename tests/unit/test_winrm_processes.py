"""Processes of an emulated machine: what they leave, and that one that dies or hangs does no harm."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from smartfleet.lab.winrm import process
from smartfleet.lab.winrm.machine import Caller, ModuleCall, Output, ScriptCall
from smartfleet.lab.winrm.manifest import Call, HelperCall
from smartfleet.lab.winrm.workers import Workers
from tests.unit.winrm_machine import KnownAccounts

T = TypeVar("T")
EVA = Caller("eva")


def module(**arguments: Any) -> ModuleCall:
    return ModuleCall("a.b.act", arguments, {}, EVA)


def helper(name: str, data: bytes = b"", **parameters: Any) -> HelperCall:
    return HelperCall(f"{name}.ps1", parameters, data, EVA)


def run(call: Call, folder: Path = Path("/nonexistent")) -> Output:
    return process.run(KnownAccounts(folder=folder), call)


def test_a_module_answers_json() -> None:
    result = run(module(do="answer"))
    assert json.loads(result.out)["changed"] is False
    assert (result.err, result.status) == ("", 0)


def test_a_module_that_fails_has_status_1() -> None:
    assert run(module(do="fail")).status == 1


def test_what_is_not_emulated_says_so() -> None:
    assert json.loads(run(module()).out)["msg"] == "emulated host: the module a.b.act is not emulated"
    result = run(ScriptCall("other", b"", EVA))
    assert result.status == 1
    assert result.err == "emulated host: this script is not emulated"
    assert "emulated host: ansible-core's script x.ps1 is not emulated" in run(helper("x")).err


def test_a_play_that_breaks_fails_its_task() -> None:
    assert "broke: TypeError" in json.loads(run(module(do="sleep", mark=5)).out)["msg"]


def test_error_text_is_what_powershell_would_serialize() -> None:
    assert process.clixml("a<&\x1b\udc80\n_x41_").endswith(
        '<S S="Error">a&lt;&amp;_x001B__xDC80__x000D__x000A_</S><S S="Error">_x005F_x41__x000D__x000A_</S></Objs>'
    )


def test_a_folder_is_made_where_ansible_wants_it(tmp_path: Path) -> None:
    result = run(helper("powershell_mkdtemp", Directory="%TEMP%", Name="ansible-1"), tmp_path)
    assert result.out == "C:\\Users\\eva\\AppData\\Local\\Temp\\ansible-1\r\n"
    assert (tmp_path / "Users/eva/AppData/Local/Temp/ansible-1").is_dir()


@pytest.mark.parametrize(
    ("path", "expected"), [("~", "C:\\Users\\eva"), ("~\\x", "C:\\Users\\eva\\x"), ("C:\\x", "C:\\x")]
)
def test_home(path: str, expected: str) -> None:
    assert run(helper("powershell_expand_user", Path=path)).out == f"{expected}\r\n"


def test_a_file_goes_there_and_back(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10
    lines = b"".join(base64.b64encode(content[at : at + 1000]) + b"\r\n" for at in range(0, len(content), 1000))
    put = run(helper("winrm_put_file", lines, Path="C:\\f"), tmp_path)
    assert json.loads(put.out) == {"sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest()}
    got = [
        run(helper("winrm_fetch_file", Path="C:\\f", BufferSize=2000, Offset=at), tmp_path) for at in (0, 2000, 4000)
    ]
    assert b"".join(base64.b64decode(one.out) for one in got) == content
    assert run(helper("winrm_fetch_file", Path="C:\\", BufferSize=1, Offset=0), tmp_path).out == "[DIR]\r\n"
    missing = run(helper("winrm_fetch_file", Path="C:\\g", BufferSize=1, Offset=0), tmp_path)
    assert (missing.status, "C:\\g does not exist" in missing.err) == (1, True)


REMOVE = "Remove-Item 'C:\\t' -Force -Recurse;"


@pytest.mark.parametrize("text", [REMOVE, f"Set-StrictMode -Version Latest\n{REMOVE}\nIf (-not $?) {{ exit 1 }}"])
def test_ansible_removes_its_temporary_folder(tmp_path: Path, text: str) -> None:
    (tmp_path / "t/u").mkdir(parents=True)
    assert run(ScriptCall(text, b"", EVA), tmp_path).status == 0
    assert not (tmp_path / "t").exists()
    assert run(ScriptCall(text, b"", EVA), tmp_path).status == 1


def in_workers(work: Callable[[Workers], Awaitable[T]]) -> T:
    async def everything() -> T:
        workers = Workers(count=1)
        try:
            return await work(workers)
        finally:
            await workers.close()

    return asyncio.run(everything())


def pid(result: Output) -> int:
    return int(json.loads(result.out)["pid"])


def test_a_worker_is_another_process_and_is_used_again() -> None:
    async def work(workers: Workers) -> tuple[int, int]:
        return pid(await workers.run(KnownAccounts(), module(do="answer"))), pid(
            await workers.run(KnownAccounts(), module(do="answer"))
        )

    first, second = in_workers(work)
    assert first == second


def test_a_worker_that_dies_fails_its_call_only() -> None:
    async def work(workers: Workers) -> tuple[Output, Output]:
        return (
            await workers.run(KnownAccounts(), module(do="die")),
            await workers.run(KnownAccounts(), module(do="answer")),
        )

    died, after = in_workers(work)
    assert json.loads(died.out)["msg"] == "emulated host: the process ended without an answer"
    assert after.status == 0


def wait_for(mark: Path) -> None:
    while not mark.exists():
        time.sleep(0.02)


def test_cancelling_ends_the_process(tmp_path: Path) -> None:
    mark = tmp_path / "began"

    async def work(workers: Workers) -> Output:
        sleeper = asyncio.create_task(workers.run(KnownAccounts(), module(do="sleep", mark=str(mark))))
        await asyncio.to_thread(wait_for, mark)
        sleeper.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeper
        return await workers.run(KnownAccounts(), module(do="answer"))

    assert in_workers(work).status == 0
