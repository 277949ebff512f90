"""Whatever can be told of engines and workers stands in docs/engines.md, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"(?:engine|worker)/[a-z]+(?:-[a-z]+)*")


def test_every_code_is_described() -> None:
    told = {
        code
        for file in (ROOT / "smartfleet").rglob("*.py")
        for code in re.findall(rf'"({CODE.pattern})"', file.read_text(encoding="utf-8"))
    }
    described = set(re.findall(rf"`({CODE.pattern})`", (ROOT / "docs/engines.md").read_text(encoding="utf-8")))
    assert told
    assert sorted(told - described) == []
    assert sorted(described - told) == []
