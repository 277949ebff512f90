"""Stands for the filter ansible.windows.quote."""

from __future__ import annotations

from collections.abc import Callable


class FilterModule:
    def filters(self) -> dict[str, Callable[[str], str]]:
        return {"quote": str}
