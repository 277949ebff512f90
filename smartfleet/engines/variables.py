"""A playbook's variables, written so that Ansible takes none of them for a template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def vars_file(values: Mapping[str, Any]) -> str:
    """YAML for ``--extra-vars @FILE`` in which every string is `!unsafe`: Ansible must not take it for a template."""
    # a name without quotes could be one of YAML's words for true and false
    return "".join(f'"{name}": {_unsafe(value)}\n' for name, value in values.items())


def _unsafe(value: object) -> str:
    if isinstance(value, str | Path):
        return f'!unsafe "{"".join(_escaped(character) for character in str(value))}"'
    if isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(_unsafe(item) for item in value) + "]"
    raise TypeError(f"no variable of a playbook: {type(value).__name__}")


def _escaped(character: str) -> str:
    """For YAML's double quotes. JSON would not do: it writes characters beyond the first plane as two."""
    plain = character.isascii() and character.isprintable() and character not in '"\\'
    return character if plain else f"\\U{ord(character):08x}"
