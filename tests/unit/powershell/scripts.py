"""A PowerShell file as functions, commands and what it requires and exports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tree_sitter import Node

from tests.unit.powershell.tree import Nodes, above, below, core, line_of, parse, plain_string, text_of

PLUGINS = Path(__file__).resolve().parents[3] / "playbooks/collections/ansible_collections/smartde/nextcloud/plugins"
_LOOK = Path(__file__).resolve().parents[3] / "smartfleet/connect/look.ps1"
ALONE = ("look.ps1", "user_part.ps1")
_REQUIRES = re.compile(r"^#AnsibleRequires -(PowerShell|CSharpUtil) (\S+)", re.MULTILINE)
_FUNCTIONS = ("function_statement",)
_RETURN = re.compile(r"^return\b\s*")


@dataclass(frozen=True)
class Parameter:
    name: str
    type: str = ""
    mandatory: bool = False
    allows: frozenset[str] = frozenset()

    @property
    def switch(self) -> bool:
        return self.type == "switch"


@dataclass(frozen=True)
class Function:
    """A function, or the text of a file outside of all functions (`name` is empty)."""

    name: str
    node: Node
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    @cached_property
    def _nodes(self) -> Nodes:
        return Nodes(self.node, into=_FUNCTIONS)

    def own(self, *kinds: str) -> Iterator[Node]:
        """Nodes of the function, those of functions inside it left out."""
        return self._nodes.of(*kinds)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        return tuple(_command(node) for node in self.own("command"))

    @cached_property
    def returns(self) -> tuple[Node, ...]:
        """Its return statements, without those of blocks that it hands on."""
        found = (node for node in self.own("flow_control_statement") if text_of(node).startswith("return"))
        return tuple(
            node for node in found if not any(one.type == "script_block_expression" for one in above(node, self.node))
        )

    @cached_property
    def gives(self) -> str:
        """What it gives back: nothing, value, or list (whole, with a comma)."""
        values = [text for node in self.returns if (text := returned(node))]
        return "list" if any(one.startswith(",") for one in values) else "value" if values else ""


@dataclass(frozen=True)
class Command:
    """One call. `named` holds each parameter's value, or None where nothing follows it."""

    node: Node
    operator: str
    name: str
    named: Mapping[str, Node | None]
    loose: tuple[Node, ...]
    splats: tuple[str, ...]

    @property
    def piped(self) -> bool:
        """Whether something is piped into it."""
        return self.node.prev_named_sibling is not None

    @property
    def static(self) -> bool:
        """Whether the text itself says what is called."""
        # the grammar takes (0..31) for a call
        return bool(self.name) and not self.operator and not self.name[0].isdigit()


@dataclass(frozen=True)
class Script:
    name: str
    text: str

    @cached_property
    def root(self) -> Node:
        return parse(self.text)

    @cached_property
    def _nodes(self) -> Nodes:
        return Nodes(self.root)

    def all(self, *kinds: str) -> Iterator[Node]:
        """All nodes of these kinds, in the order of the text."""
        return self._nodes.of(*kinds)

    @cached_property
    def functions(self) -> dict[str, Function]:
        made = (_function(node) for node in self.all("function_statement"))
        return {one.name: one for one in made}

    @cached_property
    def outside(self) -> Function:
        """What stands outside of functions."""
        blocks = [child for child in self.root.children if child.type == "param_block"]
        return Function("", self.root, _parameters(blocks[0]) if blocks else {})

    @property
    def alone(self) -> bool:
        """Whether it runs by itself: not as a module, and with none of our utils."""
        return self.name in ALONE

    @property
    def scopes(self) -> list[Function]:
        return [self.outside, *self.functions.values()]

    @property
    def required(self) -> set[str]:
        """Names of the utils of this collection that its lines require, without the folder."""
        found = [name for _kind, name in _REQUIRES.findall(self.text)]
        return {name.rpartition(".")[2] for name in found if name.startswith((".", "ansible_collections.smartde."))}

    @cached_property
    def exports(self) -> set[str]:
        """The functions that a util gives to others."""
        found = [one for one in self.outside.commands if one.name == "Export-ModuleMember"]
        nodes = [node for one in found if (node := one.named.get("Function")) is not None]
        listed = {text_of(name)[1:-1] for node in nodes for name in below(node, "verbatim_string_characters")}
        return listed | {name for node in nodes if (name := plain_string(node))}


def load() -> dict[str, Script]:
    """All PowerShell texts that we hand out, by file name."""
    paths = [*sorted(PLUGINS.rglob("*.ps1")), *sorted(PLUGINS.rglob("*.psm1")), *([_LOOK] if _LOOK.exists() else [])]
    return {path.name: Script(path.name, path.read_text(encoding="utf-8")) for path in paths}


def returned(node: Node) -> str:
    """The text behind the word return."""
    return _RETURN.sub("", text_of(node))


def _function(node: Node) -> Function:
    name = next(text_of(child) for child in node.children if child.type == "function_name")
    block = next((one for one in below(node, "param_block", into=(*_FUNCTIONS, "script_block_expression"))), None)
    return Function(name, node, _parameters(block) if block else {})


def _parameters(block: Node) -> dict[str, Parameter]:
    made: dict[str, Parameter] = {}
    for node in below(block, "script_parameter"):
        variable = next(child for child in node.children if child.type == "variable")
        attributes = [text_of(one) for one in below(node, "attribute", into=("script_parameter_default",))]
        types = [one[1:-1] for one in attributes if re.fullmatch(r"\[[\w.\[\], ]+\]", one)]
        mandatory = any(re.search(r"\bMandatory\b(?!\s*=\s*\$false)", one) for one in attributes)
        name = text_of(variable)[1:]
        allows = frozenset(word for one in attributes for word in re.findall(r"^\[Allow(\w+)", one))
        made[name] = Parameter(name, types[-1] if types else "", mandatory, allows)
    return made


def _command(node: Node) -> Command:
    operator = next((text_of(one) for one in node.children if one.type == "command_invokation_operator"), "")
    name = next((text_of(one) for one in node.children if one.type in ("command_name", "command_name_expr")), "")
    named: dict[str, Node | None] = {}
    loose: list[Node] = []
    splats: list[str] = []
    last = ""
    for part in (one for one in _elements(node) if one.type != "command_argument_sep"):
        if part.type == "command_parameter":
            last = text_of(part)[1:].rstrip(":")
            named[last] = None
        elif core(part).type == "variable" and text_of(part).startswith("@"):
            splats.append(text_of(part)[1:])
            last = ""
        elif last:
            named[last] = part
            last = ""
        else:
            loose.append(part)
    return Command(node, operator, name, named, tuple(loose), tuple(splats))


def _elements(node: Node) -> list[Node]:
    return [child for part in node.children if part.type == "command_elements" for child in part.children]


def function_of(node: Node) -> Node | None:
    return next((one for one in above(node) if one.type == "function_statement"), None)


def where(script: Script, node: Node) -> tuple[str, int]:
    return script.name, line_of(node)
