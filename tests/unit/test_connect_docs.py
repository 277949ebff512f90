from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_code_of_the_doctor_is_in_its_documentation() -> None:
    told = set(re.findall(r"`((?:connect|server)/[a-z-]+)`", (ROOT / "docs/doctor.md").read_text("utf-8")))
    sources = (path.read_text("utf-8") for path in (ROOT / "smartfleet/connect").glob("*.py"))
    given = {code for text in sources for code in re.findall(r'"((?:connect|server)/[a-z-]+)"', text)}
    assert given == told
