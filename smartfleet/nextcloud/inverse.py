"""Edits of a `nextcloud.cfg` carried out, and taken back, on the file as it is now.

An edit is a mapping with `section`, `key`, `old` and `new`: raw values as text, null where the key is or was absent
(the `Edit` of a plan). Raw values are UTF-8.

Shared with managed hosts: Python 3.9, standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .qsettings import IniFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    Edit = Mapping[str, str | None]

_JOURNAL = "journalPath"


def apply_edits(ini: IniFile, edits: Sequence[Edit]) -> IniFile:
    """The file with every new value; ValueError where a value is neither the old nor the new one."""
    for edit in edits:
        section, key = _place(edit)
        current = ini.get_raw(section, key)
        if current == _raw(edit["new"]):
            continue
        if current != _raw(edit["old"]):
            message = f"{key} in [{section}] is not what the plan saw"
            raise ValueError(message)
        ini = ini.with_raw(section, key, _raw(edit["new"]))
    return ini


def apply_inverse(ini: IniFile, edits: Sequence[Edit]) -> tuple[IniFile, list[str]]:
    """The file with the old values back, and the keys that were left alone because they hold something else.

    Only values that still are what the edit wrote are taken back, so what the client or the user changed since then
    stays. A ``journalPath`` that was added stays too: without it the client would look for another journal.
    """
    left: list[str] = []
    for edit in reversed(edits):
        section, key = _place(edit)
        if edit["old"] is None and key.rpartition("\\")[2] == _JOURNAL:
            continue
        current = ini.get_raw(section, key)
        if current == _raw(edit["old"]):
            continue
        if current == _raw(edit["new"]):
            ini = ini.with_raw(section, key, _raw(edit["old"]))
        else:
            left.append(key)
    return ini, left


def _place(edit: Edit) -> tuple[str, str]:
    section, key = edit["section"], edit["key"]
    if not section or not key:
        message = "an edit names its section and its key"
        raise ValueError(message)
    return section, key


def _raw(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8")
