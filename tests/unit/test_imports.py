"""Imports point one way: each package, and each module beside them, imports only what stands below it."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
ROOT = Path(__file__).parents[2]
# from the ground up; those of a row do not know each other
FLOORS = (
    ("addresses", "durations", "errors", "garbage", "guess", "masters", "processes", "text", "words"),
    ("model", "paths", "chromium"),
    ("nextcloud", "reading", "schemas", "verdict"),
    ("checks", "connect", "expressions", "helpdesk"),
    ("fleet",),
    ("engines", "plan", "policy"),
    ("assess", "store"),
    ("notify",),
    ("report",),
    ("campaign", "evidence", "lab"),
    ("cli",),
)
FLOOR = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}
# what may be imported of this repository
TOPS = {"smartfleet": {"smartfleet"}, "bench": {"smartfleet", "bench", "tests"}}


@pytest.mark.parametrize("part", FLOOR)
def test_a_part_imports_only_what_stands_below_it(part: str) -> None:
    upwards = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in _files(part)
        for module in _imported(file)
        if _part(module) not in {part, "__version__"} and FLOOR.get(_part(module), len(FLOORS)) >= FLOOR[part]
    ]
    assert upwards == []


def test_every_part_has_its_floor() -> None:
    package = ROOT / "smartfleet"
    files = {file.stem for file in package.glob("*.py")} - {"__init__"}
    assert files | {folder.parent.name for folder in package.glob("*/__init__.py")} == set(FLOOR)


@pytest.mark.parametrize("top", TOPS)
def test_the_program_knows_neither_its_tests_nor_its_measurements(top: str) -> None:
    taken = {module.split(".")[0] for file in (ROOT / top).rglob("*.py") for module in _imported(file)}
    assert taken == TOPS[top]


def _files(part: str) -> list[Path]:
    place = ROOT / "smartfleet" / part
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


@functools.cache
def _imported(file: Path) -> list[str]:
    """The modules that `file` names of our own, at its head or later, with what is taken from each.

    Relative names stay in their own folder (ruff sees to that): hosts get some modules, and know no other name of them.
    """
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.split(".")[0] in {"smartfleet", "bench", "tests"}]


def _part(module: str) -> str:
    return module.split(".")[1]
