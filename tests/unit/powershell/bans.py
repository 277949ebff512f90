"""What our PowerShell may not hold: what Windows PowerShell 5.1 does not know, text that becomes code, and habits that
bite on somebody else's machine. Each ban has its case in cases/powershell/bans.yml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from tests.unit.powershell.scripts import Command, Script, function_of
from tests.unit.powershell.tree import Finding, core, line_of, plain_string, text_of

_CODE_FROM_TEXT = {"invoke-expression", "iex", "invoke-command", "icm", "invoke-item", "start-process", "start-job"}
_SHELLS = re.compile(r"(?i)^(cmd|powershell|pwsh|wscript|cscript|mshta|rundll32)(\.exe)?$")
_CHATTER = {"write-host", "write-output", "write-verbose", "write-information", "write-warning", "echo", "out-host"}
_BUILDERS = re.compile(
    r"(?i)\[(scriptblock|powershell|system\.management\.automation\.(scriptblock|powershell))\]::create"
    r"|\.(invokescript|newscriptblock|addscript|expandstring|loadfile|loadfrom|invokeverb)\("
)
_NEWER_TYPES = re.compile(r"(?i)\[(func|action|system\.func|system\.action|semver)\b")
_NEWER_MEMBERS = re.compile(r"(?i)\bIs(Windows|Linux|MacOS|CoreCLR)$")
_NODES = {
    "class_statement": "a class",
    "enum_statement": "an enum",
    "expandable_here_string_literal": "a here-string",
    "verbatim_here_string_characters": "a here-string",
    "pipeline_chain_tail": "a pipeline chain (&&, ||)",
    "stop_parsing": "--%",
    "trap_statement": "a trap",
    "inlinescript_statement": "a workflow",
    "parallel_statement": "a workflow",
    "sequence_statement": "a workflow",
    "data_statement": "a data section",
}


def check(script: Script) -> Iterator[Finding]:
    for line, rule, message in _all(script):
        yield Finding(script.name, line, rule, message)


def _all(script: Script) -> Iterator[tuple[int, str, str]]:
    yield from _parse_errors(script.root)
    for number, line in enumerate(script.text.split("\n"), 1):
        if not line.isascii():
            yield number, "ascii", "5.1 reads a file without a mark as the machine's own code page"
        if line.rstrip() != line or "\t" in line:
            yield number, "blank", "blanks at the end of the line, or a tab"
        if len(line) > 120:
            yield number, "length", f"{len(line)} characters"
    for look in _LOOKS:
        for node, rule, message in look(script):
            yield line_of(node), rule, message


def _parse_errors(node: Node) -> Iterator[tuple[int, str, str]]:
    if node.type == "ERROR" or node.is_missing:
        yield line_of(node), "parse", f"cannot be parsed: {text_of(node)[:60]!r}"
        return
    if node.has_error:
        for child in node.children:
            yield from _parse_errors(child)


_Looked = Iterator[tuple[Node, str, str]]


def _constructs(script: Script) -> _Looked:
    for node in script.all(*_NODES):
        yield node, "construct", f"{_NODES[node.type]} is not for 5.1 or not for us"
    for node in script.all("named_block"):
        yield node, "construct", "a function has no begin, process, end or clean block"
    for node in script.all("pipeline_chain"):
        if any(text_of(child) in ("&&", "||") for child in (node.parent or node).children):
            yield node, "construct", "&& and || came with PowerShell 7"
    for node in script.all("integer_literal", "real_literal", "command_name"):
        if re.fullmatch(r"(?i)[\d.]+[kmgtp]b", text_of(node)):
            yield node, "construct", "the gates' grammar stumbles over 1GB in places: write the number"
    for node in script.all("type_literal"):
        if _NEWER_TYPES.search(text_of(node)) or "+" in text_of(node):
            yield node, "construct", f"{text_of(node)}: the gates' grammar cannot parse such a type everywhere"


def _text_as_code(script: Script) -> _Looked:
    for command in _commands(script):
        message = _runs_text(script, command)
        if message:
            yield command.node, "code", message
    for node in script.all("invokation_expression"):
        if _BUILDERS.search(text_of(node)):
            yield node, "code", "text becomes code"
    for node in script.all("command_name", "command_name_expr"):
        if text_of(node) in ("%", "?"):
            yield node, "alias", f"{text_of(node)} is an alias"


def _runs_text(script: Script, command: Command) -> str:
    name = command.name.lower()
    if name in _CODE_FROM_TEXT:
        return f"{command.name} runs text or starts what nobody waits for"
    if _SHELLS.match(name):
        return f"{command.name} parses its arguments as code"
    if command.operator and not _is_block(script, command):
        return f"{command.operator} {command.name[:30]} calls what the text does not name"
    if name == "add-type" and not {"AssemblyName", *(("Path",) if script.alone else ())} >= set(command.named):
        return "Add-Type compiles: C# stands in Native.cs alone"
    if name == "new-object" and _com(command) not in ("", "Schedule.Service", "Shell.Application"):
        return f"{_com(command)} is no object that we use"
    return ""


def _is_block(script: Script, command: Command) -> bool:
    """Whether what is called is a parameter that can only be a block of code that stands in a text."""
    around = function_of(command.node)
    named = next((one for one in script.functions.values() if one.node == around), script.outside)
    parameter = named.parameters.get(command.name.lstrip("$"))
    return command.operator == "&" and parameter is not None and parameter.type.lower() == "scriptblock"


def _com(command: Command) -> str:
    node = command.named.get("ComObject")
    return "" if node is None else plain_string(node) or "something computed"


def _habits(script: Script) -> _Looked:
    lines = script.text.split("\n")
    for command in _commands(script):
        name = command.name.lower()
        if name in _CHATTER:
            yield command.node, "chatter", f"{command.name} mixes with the result"
        if name == "get-childitem" and not script.name.startswith("Windows"):
            yield command.node, "slow", "Get-ChildItem makes an object of each file, and takes wildcards: System.IO"
        silent = command.named.get("ErrorAction")
        if silent is not None and text_of(silent).lower() in ("silentlycontinue", "ignore"):
            number = line_of(command.node)
            if not any("#" in line for line in lines[max(0, number - 2) : number]):
                yield command.node, "silent", "an error is passed over and no comment says why"


def _slips(script: Script) -> _Looked:
    for node in script.all("comparison_expression"):
        if core(node) == node and text_of(node.children[-1]).lower() == "$null":
            yield node, "null", "$null stands on the left: on the right a list is filtered"
    for node in script.all("flow_control_statement"):
        if (
            text_of(node).startswith("throw")
            and not script.alone
            and not re.match(r"throw\s*(\(New-Sf\w+|\$|$)", text_of(node))
        ):
            yield node, "throw", "throw (New-SfError ...): a bare text has no code"
    for node in script.all("variable"):
        name = text_of(node).lstrip("$@")
        if _NEWER_MEMBERS.match(name) or name.lower().startswith("global:"):
            yield node, "variable", f"{text_of(node)} is not there in 5.1, or stays behind in the session"


def _empty_catch(script: Script) -> _Looked:
    for node in script.all("catch_clause"):
        if not re.sub(r"^catch[^{]*|[{}\s]", "", text_of(node)):
            yield node, "silent", "an error is passed over and no comment says why"


_LOOKS: tuple[Callable[[Script], _Looked], ...] = (_constructs, _text_as_code, _habits, _slips, _empty_catch)


def _commands(script: Script) -> list[Command]:
    return [command for scope in script.scopes for command in scope.commands]
