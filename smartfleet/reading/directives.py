"""Finds faster what PowerShell modules need: Ansible looks at each line of all their files, for every host anew.

Only comments can name what is needed, and in C# ``using``: only those lines are shown to it, and they are found once.
"""

from __future__ import annotations

import functools
from typing import Any

from ansible.executor.powershell.module_manifest import PSModuleDepFinder


def find_fast() -> None:
    """For this process."""
    PSModuleDepFinder.scan_module = _looking_at(PSModuleDepFinder.scan_module)


def _looking_at(scan: Any) -> Any:  # noqa: ANN401 - ansible-core ships no types
    @functools.wraps(scan)
    def scan_module(finder: Any, module_data: bytes, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
        return scan(finder, directives(module_data), *rest, **named)

    return scan_module


@functools.lru_cache(maxsize=256)
def directives(text: bytes) -> bytes:
    """The lines that ansible-core's patterns can match at all."""
    return b"\n".join(line for line in text.split(b"\n") if line[:1] == b"#" or line[:5].lower() == b"using")
