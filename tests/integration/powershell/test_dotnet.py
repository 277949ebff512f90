"""Everything that our PowerShell names of .NET is there: asked of a .NET Framework's class library.

Mono's library stands in for that of Windows. What it lacks of it is named below, with the reason.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.powershell.dotnet import Use, uses
from tests.unit.powershell.scripts import PLUGINS, Script
from tests.unit.powershell.test_gates import WORLD
from tests.unit.powershell.tree import words

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(shutil.which("mcs") is None, reason="no mcs on this machine (package mono-mcs)"),
]

Program = subprocess.Popen[str]

# methods of COM objects and of Ansible's class, which no library here has
FOREIGN = words("foreign")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """It answers each line that it reads, and is begun once: the runtime takes longer to start than to answer."""
    folder = tmp_path_factory.mktemp("members")
    native, members = folder / "Native.dll", folder / "members.exe"
    for source, made, kind in (
        (PLUGINS / "module_utils/Native.cs", native, "library"),
        (Path(__file__).with_name("Members.cs"), members, "exe"),
    ):
        command = ["mcs", "-langversion:5", f"-target:{kind}", f"-out:{made}", str(source)]
        subprocess.run(command, check=True, capture_output=True)
    with subprocess.Popen(
        ["mono", str(members), str(native)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        yield running


def missing(program: Program, *scripts: Script) -> list[str]:
    named = [(one, use) for one in scripts for use in uses(one) if use.member.lower() not in FOREIGN]
    answers = [(one, use, asked(program, "\t".join(str(part) for part in use[1:]))) for one, use in named]
    return [f"{one.name}:{use.line}: {answer}" for one, use, answer in answers if answer]


def asked(program: Program, line: str) -> str:
    assert program.stdin is not None
    assert program.stdout is not None
    print(line, file=program.stdin, flush=True)
    answer = program.stdout.readline()
    assert answer.endswith("\n"), f"no answer to {line}"
    return answer.rstrip("\n")


def test_what_our_scripts_name_is_there(program: Program) -> None:
    assert missing(program, *WORLD.scripts.values()) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[System.IO.Fil]::Exists('a')", "there is no type System.IO.Fil"),
        ("[System.IO.File]::Exist('a')", "has no static method Exist"),
        ("[System.IO.File]::Exists('a', 'b')", "has no static method Exists with 2"),
        ("[System.IO.FileMode]::Opened", "has no static Opened"),
        ("[System.IO.FileShare] 'ReadWrite, Deleted'", "has no Deleted"),
        ("[System.IO.MemoryStream]::new(1, 2, 3, 4, 5, 6)", "has no constructor with 6"),
        ("$text.ToLowerInvarient()", "no class has a method ToLowerInvarient"),
        ("New-Object -TypeName 'System.Collections.Generic.Lists[object]'", "there is no type"),
    ],
)
def test_each_slip_is_found(program: Program, text: str, what: str) -> None:
    assert [what in one for one in missing(program, Script("tried.ps1", text))][:1] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "[System.IO.FileShare] 'ReadWrite, Delete'",
        "[System.Collections.Generic.Dictionary[string, object]]::new()",
        "[System.IO.Path]::Combine('a', 'b', 'c', 'd', 'e')",
        "[byte[]]::new(5)",
        "[datetime]::UtcNow.ToString('o')",
    ],
)
def test_what_is_right_passes(program: Program, text: str) -> None:
    assert missing(program, Script("tried.ps1", text)) == []


def test_a_use_is_read_as_it_stands() -> None:
    found = list(uses(Script("tried.ps1", "[System.IO.File]::Copy($a, (Join-Path -Path $b -ChildPath 'c'), $true)")))
    assert Use(1, "call", "System.IO.File", "Copy", 3) in found
