"""Are the commands and parameters that a script names there? Nothing here runs a script, so a name that nobody defines
would be found by the first host alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from tests.unit.powershell.scripts import Command, Function, Parameter, Script
from tests.unit.powershell.tree import Finding, below, core, line_of, plain_string, text_of

_ANYWHERE = {"ErrorAction"}
# what a mandatory parameter takes only if it says so
_NOTHING = {"''": "EmptyString", '""': "EmptyString", "@()": "EmptyCollection", "$null": "Null"}


@dataclass(frozen=True)
class Callee:
    """What may be called: one of our functions or a cmdlet. `loose`: how many arguments may have no name."""

    name: str
    parameters: Mapping[str, Parameter]
    loose: int = 0
    silent: bool = False
    ours: bool = False


@dataclass(frozen=True)
class World:
    """All scripts, and the cmdlets that may be called."""

    scripts: Mapping[str, Script]
    cmdlets: Mapping[str, Callee]

    @property
    def silent(self) -> set[str]:
        """Cmdlets that give nothing."""
        return {name for name, one in self.cmdlets.items() if one.silent}

    def utils(self, script: Script) -> dict[str, Script]:
        """The utils that are there when the script runs, directly or through others required."""
        found: dict[str, Script] = {}
        todo = sorted(script.required)
        while todo:
            name = todo.pop()
            util = self.scripts.get(f"{name}.psm1")
            if util is not None and name not in found:
                found[name] = util
                todo += sorted(util.required)
        return found

    def callees(self, script: Script) -> dict[str, Callee]:
        ours = {name: Callee(name, one.parameters, ours=True) for name, one in script.functions.items()}
        for util in self.utils(script).values():
            ours |= {
                name: Callee(name, one.parameters, ours=True)
                for name, one in util.functions.items()
                if name in util.exports
            }
        return {**self.cmdlets, **ours}


def cmdlets(table: Mapping[str, Mapping[str, object]]) -> dict[str, Callee]:
    made = {}
    for name, row in table.items():
        parameters = {
            word.rstrip("!?"): Parameter(word.rstrip("!?"), "switch" if word.endswith("?") else "", word.endswith("!"))
            for word in str(row["takes"]).split()
        }
        made[name] = Callee(name, parameters, int(str(row.get("loose", 0))), bool(row.get("silent")))
    return made


def check(world: World, script: Script) -> Iterator[Finding]:
    """Each call of the script, and each of its exports."""
    callees = world.callees(script)
    for scope in script.scopes:
        for command in scope.commands:
            if command.static:
                for message in _call(command, callees.get(command.name), scope):
                    yield Finding(script.name, line_of(command.node), "names", message)
    for name in sorted(script.exports - set(script.functions)):
        yield Finding(script.name, 1, "names", f"exports {name}, which it does not define")
    for name in sorted(script.required):
        if f"{name}.psm1" not in world.scripts and name != "Native":
            yield Finding(script.name, 1, "names", f"requires {name}, which is not there")


def unused(world: World) -> Iterator[Finding]:
    """Functions that nobody calls, and exports that nobody else needs."""
    called = {
        name: {one.name for scope in script.scopes for one in scope.commands} for name, script in world.scripts.items()
    }
    for script in world.scripts.values():
        for function in script.functions.values():
            elsewhere = any(function.name in names for name, names in called.items() if name != script.name)
            here = function.name in called[script.name]
            if not elsewhere and not here:
                yield Finding(script.name, line_of(function.node), "unused", f"nobody calls {function.name}")
            elif not elsewhere and function.name in script.exports:
                yield Finding(script.name, line_of(function.node), "unused", f"nobody else needs {function.name}")
    yield from _twice(world.scripts.values())


def _twice(scripts: Iterable[Script]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for script in scripts:
        for name in script.exports & set(script.functions):
            if name in seen:
                yield Finding(script.name, 1, "names", f"{name} is exported by {seen[name]} too")
            seen[name] = script.name


def _call(command: Command, callee: Callee | None, scope: Function) -> Iterator[str]:
    if callee is None:
        yield f"{command.name} is neither defined in a required util nor an allowed cmdlet"
        return
    if len(command.loose) > callee.loose:
        yield f"{command.name} is given an argument without a name: {text_of(command.loose[0])[:40]}"
    given = {name: node for name, node in command.named.items() if name not in _ANYWHERE}
    for name, node in given.items():
        yield from _argument(command, callee, name, node)
    splatted = [_splatted(name, scope) for name in command.splats]
    known = {name for names in splatted for name in names or ()}
    for name in sorted(known - set(callee.parameters) - _ANYWHERE):
        yield f"{command.name} has no parameter -{name}, which is splatted"
    if any(names is None for names in splatted):
        return
    for parameter in callee.parameters.values():
        fed = command.piped and parameter.name in ("InputObject", "LiteralPath")
        if parameter.mandatory and parameter.name not in {*given, *known} and not fed:
            yield f"{command.name} needs -{parameter.name}"


def _argument(command: Command, callee: Callee, name: str, node: Node | None) -> Iterator[str]:
    parameter = callee.parameters.get(name)
    if parameter is None:
        yield f"{command.name} has no parameter -{name}"
    elif node is None and not parameter.switch:
        yield f"{command.name} -{name} is given no value"
    elif node is not None and parameter.switch and not _attached(node):
        yield f"{command.name} -{name} is a switch, and a value follows it"
    elif node is not None and parameter.mandatory and callee.ours:
        what = _NOTHING.get(text_of(node).lower(), "")
        if what and what not in parameter.allows:
            yield f"{command.name} -{name} takes no {text_of(node)}: [Allow{what}()]"


def _attached(node: Node) -> bool:
    before = node.prev_sibling
    return before is not None and text_of(before) == ":"


def _splatted(name: str, scope: Function) -> set[str] | None:
    """The keys of a table that is splatted, as far as this function writes them; None where it is not made here."""
    keys: set[str] | None = None
    for node in scope.own("assignment_expression"):
        left, right = node.children[0], node.children[-1]
        if text_of(left) == f"${name}":
            tables = list(below(right, "hash_literal_expression"))
            if len(tables) != 1:
                return None
            entries = below(tables[0], "key_expression", into=("pipeline",))
            keys = (keys or set()) | {plain_string(one) or text_of(core(one)) for one in entries}
        elif text_of(left).startswith((f"${name}.", f"${name}[")):
            inside = text_of(left)[len(name) + 1 :].strip(".[]'\"")
            keys = (keys or set()) | {inside}
    return keys
