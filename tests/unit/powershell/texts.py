"""What stands in a text: in double quotes a variable ends where its name does, and a format has its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from tests.unit.powershell.scripts import Script
from tests.unit.powershell.tree import Finding, core, line_of, plain_string, text_of

_QUALIFIED = re.compile(r"(?<!`)\$(?!env:|script:)\w+:(?!:)", re.IGNORECASE)
# but for the endings of files
_MEMBER = re.compile(r"(?<!`)\$\w+(\.(?!(?:db|gz|json|jsonl|cfg|tmp|partial)\b)[A-Za-z]\w*|\[)")
_COMPUTED = re.compile(r"\$\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)")


def check(script: Script) -> Iterator[Finding]:
    for node in script.all("expandable_string_literal"):
        text = _COMPUTED.sub("", text_of(node))
        for found in _QUALIFIED.finditer(text):
            yield Finding(script.name, line_of(node), "text", f"{found[0]} names a drive: write $(...) or ${{...}}")
        for found in _MEMBER.finditer(text):
            yield Finding(script.name, line_of(node), "text", f"{found[0]} is the whole object here: write $(...)")
    for node in script.all("format_expression"):
        if core(node) == node and len(node.named_children) >= 2:
            form = plain_string(node.named_children[0])
            arguments = core(node.named_children[-1])
            number = len(arguments.named_children) if arguments.type == "array_literal_expression" else 1
            problem = "" if form is None else _format(form, number, text_of(arguments))
            if problem:
                yield Finding(script.name, line_of(node), "text", problem)


def _format(form: str, number: int, arguments: str) -> str:
    try:
        used = {int(name) for _text, name, _spec, _conversion in Formatter().parse(form) if name is not None}
    except ValueError:
        return f"{form!r} is no format"
    if number == 1 and arguments.startswith("@"):
        return ""
    return "" if used == set(range(number)) else f"{form!r} is given {number} values"
