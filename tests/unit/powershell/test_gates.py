"""The text of our PowerShell, held to its rules. No PowerShell runs here: what these gates let pass has been read, not
tried, so they look for every mistake that can be seen in a text.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.powershell import bans, names, output, shape, texts, variables
from tests.unit.powershell.scripts import Script, load
from tests.unit.powershell.tree import Finding, data

pytestmark = pytest.mark.once
CMDLETS = names.cmdlets(data("cmdlets"))
WORLD = names.World(load(), CMDLETS)
BITES = data("bites")
# sent as one command line, so it has to be short
LOOK = "look.ps1"


def findings(world: names.World, script: Script) -> Iterator[Finding]:
    yield from bans.check(script)
    yield from names.check(world, script)
    yield from variables.check(script)
    yield from texts.check(script)
    if script.name != LOOK:
        yield from shape.check(script)
        yield from output.check(world, script)


@pytest.mark.parametrize("name", sorted(WORLD.scripts))
def test_a_script_keeps_the_rules(name: str) -> None:
    assert [str(one) for one in findings(WORLD, WORLD.scripts[name])] == []


def test_everything_is_used() -> None:
    assert [str(one) for one in names.unused(WORLD)] == []


@pytest.mark.parametrize("case", BITES, ids=lambda case: f"{case['rule']} {case['bad'].splitlines()[0][:40]}")
def test_each_rule_bites(case: dict[str, str]) -> None:
    """What is wrong is found by its rule; the right way to say the same is not."""
    assert case["rule"] in rules(case["bad"])
    if "good" in case:
        assert case["rule"] not in rules(case["good"])


def rules(body: str) -> set[str]:
    """The rules that a function with these lines breaks, in a util beside a small one that is right."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    text = body if body.startswith(("#", "function", "Export")) else FRAME.replace("    BODY\n", indented)
    scripts = {name: Script(name, content) for name, content in (("Tried.psm1", text), ("Other.psm1", OTHER))}
    world = names.World(scripts, CMDLETS)
    found = {one.rule for one in findings(world, scripts["Tried.psm1"])}
    return found | {one.rule for one in names.unused(world) if one.file == "Tried.psm1"}


FRAME = """\
# SPDX-License-Identifier: Apache-2.0
#AnsibleRequires -PowerShell .Other

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Get-SfTried {
    <#
    .SYNOPSIS
    Tried.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Path)
    BODY
    $null = $Path
}

Export-ModuleMember -Function 'Get-SfTried'
"""

OTHER = """\
# SPDX-License-Identifier: Apache-2.0
function Get-SfList {
    <#
    .SYNOPSIS
    A list, whole.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Name, [switch] $Deep)
    $list = New-Object -TypeName 'System.Collections.Generic.List[object]'
    $list.Add($Name)
    $list.Add($Deep)
    return , $list.ToArray()
}

function New-SfError {
    <#
    .SYNOPSIS
    An error.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Code)
    return New-Object -TypeName System.Exception -ArgumentList @($Code)
}

Export-ModuleMember -Function 'Get-SfList', 'New-SfError'
"""
