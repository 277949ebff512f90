"""Templates that only name other variables of the host (``{{ inventory_hostname }}.example``), filled in here. Pure.

Ansible takes a worker for each host whose connection it must work out, far too long for thousands; most inventories
need no more than this. Anything else (filters, lookups, other hosts) is left to Ansible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_MARKS = ("{{", "{%", "{#")
_DEEPEST = 8


def filled(text: str, host: str, variables: Mapping[str, object]) -> str:
    """`text` without templates, or as it was if they say more than names that are known here."""
    known = {**variables, "inventory_hostname": host, "inventory_hostname_short": host.partition(".")[0]}
    result = text
    for _ in range(_DEEPEST):
        if not any(mark in result for mark in _MARKS):
            return result
        changed = _NAME.sub(lambda match: _value(known, match), result)
        if changed == result:
            break
        result = changed
    return text


def _value(known: Mapping[str, object], match: re.Match[str]) -> str:
    value = known.get(match[1])
    return str(value) if isinstance(value, str | int | float) else match[0]
