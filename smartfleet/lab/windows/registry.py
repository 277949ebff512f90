"""The registry of a machine: keys and values by name, without case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smartfleet.lab.windows.store import JsonFile

Value = list[Any]
"""Kind and data: ``["REG_SZ", "text"]``."""


@dataclass(frozen=True)
class Registry:
    r"""An object: ``"HKLM\SOFTWARE\Vendor": {"Name": ["REG_SZ", "text"]}``; a key's default value is named ``""``."""

    file: JsonFile

    def exists(self, key: str) -> bool:
        return _find(self.file.read(), key) is not None

    def values(self, key: str) -> dict[str, Any]:
        """Data by the names of the values; empty if there is no such key."""
        content = self.file.read()
        found = _find(content, key)
        return {name: value[1] for name, value in content[found].items()} if found is not None else {}

    def value(self, key: str, name: str) -> Any:  # noqa: ANN401 - text or number
        """The data of one value, None if there is none."""
        wanted = name.casefold()
        return next((data for known, data in self.values(key).items() if known.casefold() == wanted), None)

    def subkeys(self, key: str) -> list[str]:
        """The names right below a key."""
        prefix = key.casefold() + "\\"
        below = [
            known[len(prefix) :].split("\\")[0] for known in self.file.read() if known.casefold().startswith(prefix)
        ]
        return sorted(dict.fromkeys(below))

    def put(self, key: str, name: str, data: object, kind: str = "REG_SZ") -> None:
        with self.file.changing() as content:
            values = content.setdefault(_find(content, key) or key, {})
            known = next((one for one in values if one.casefold() == name.casefold()), name)
            values[known] = [kind, data]

    def delete(self, key: str) -> bool:
        """A key with everything below it; whether there was one."""
        prefix = key.casefold()
        with self.file.changing() as content:
            gone = [one for one in content if one.casefold() == prefix or one.casefold().startswith(prefix + "\\")]
            for one in gone:
                del content[one]
        return bool(gone)


def _find(content: dict[str, Any], key: str) -> str | None:
    wanted = key.casefold()
    return next((known for known in content if known.casefold() == wanted), None)
