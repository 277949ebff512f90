"""How a script is laid out: headers, documented functions with approved verbs, sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.unit.powershell.scripts import Function, Script
from tests.unit.powershell.tree import Finding, below, line_of, text_of, words

VERBS = words("verbs")
# Calls that only Windows has. Native.Database is none of them: without a winsqlite3 a journal is unreadable, as on a
# Windows that lacks it.
_WINDOWS_ONLY = re.compile(
    r"module_utils\.Native\.(?!Database\b)\w+|Microsoft\.Win32|WindowsIdentity|WindowsPrincipal|SecurityIdentifier"
    r"|Security\.AccessControl|Get-CimInstance|ScheduledTask|-ComObject"
)
MOST_LINES = 500
MOST_LINES_OF_FUNCTION = 80


def check(script: Script) -> Iterator[Finding]:
    head = script.text.split("\n")[:4]
    if "# SPDX-License-Identifier: Apache-2.0" not in head:
        yield Finding(script.name, 1, "shape", "the license stands in the first lines")
    number = script.text.count("\n")
    if number > MOST_LINES:
        yield Finding(script.name, 1, "shape", f"{number} lines")
    if script.name.endswith(".psm1") and not script.exports:
        yield Finding(script.name, 1, "shape", "a util ends with Export-ModuleMember -Function and quoted names")
    for line in () if script.alone else ("Set-StrictMode -Version 2.0", "$ErrorActionPreference = 'Stop'"):
        # both are a module's own: a util does not have them from the module that requires it
        if line not in script.text.splitlines():
            yield Finding(script.name, 1, "shape", f"no line {line}")
    if script.name.startswith("win_") and head[0] != "#!powershell":
        yield Finding(script.name, 1, "shape", "a module begins with #!powershell")
    for function in script.functions.values():
        for message in _function(function):
            yield Finding(script.name, line_of(function.node), "shape", f"{function.name}: {message}")
        yield from _only_on_windows(script, function)


def _only_on_windows(script: Script, function: Function) -> Iterator[Finding]:
    """Everything else also runs on PowerShell 7 elsewhere, so that it can be tried there."""
    text = text_of(function.node)
    found = _WINDOWS_ONLY.search(text)
    exempt = script.alone or script.name.startswith("Windows") or "Test-SfWindows" in text
    if found and not exempt:
        message = f"{found[0]} belongs into a Windows*.psm1, or behind Test-SfWindows"
        yield Finding(script.name, line_of(function.node), "windows", message)


def _function(function: Function) -> Iterator[str]:
    verb, dash, noun = function.name.partition("-")
    if verb not in VERBS or not dash or not noun.startswith("Sf"):
        yield "a name is an approved verb, a dash and a noun that begins with Sf"
    text = text_of(function.node)
    if ".SYNOPSIS" not in text:
        yield "no .SYNOPSIS says what it does"
    if not re.search(r"\[CmdletBinding\([^)]*\)\]", text):
        yield "no [CmdletBinding()]"
    lines = text.count("\n") + 1
    if lines > MOST_LINES_OF_FUNCTION:
        yield f"{lines} lines"
    for parameter in function.parameters.values():
        if not parameter.type:
            yield f"${parameter.name} has no type"
    if any(True for _one in below(function.node, "function_statement")):
        yield "a function stands inside a function"
