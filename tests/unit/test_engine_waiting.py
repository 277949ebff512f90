"""Where Ansible looks for results less often, and where that is the admin's own matter."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from smartfleet.engines.worker.waiting import waiting

CASES = {
    "nobody has one": ({}, [], ["ANSIBLE_CONFIG"]),
    "a variable that is empty names none": ({"ANSIBLE_CONFIG": ""}, [], ["ANSIBLE_CONFIG"]),
    "the environment names one": ({"ANSIBLE_CONFIG": "/somewhere/ansible.cfg"}, [], []),
    "the user has one": ({}, [".ansible.cfg"], []),
    "the machine has one": ({}, ["etc.cfg"], []),
}


@pytest.mark.parametrize(("outer", "present", "given"), CASES.values(), ids=CASES)
def test_an_admins_file_is_the_only_one(
    tmp_path: Path, outer: dict[str, str], present: list[str], given: list[str]
) -> None:
    for name in present:
        (tmp_path / name).touch()
    assert list(waiting(outer, (tmp_path / ".ansible.cfg", tmp_path / "etc.cfg"))) == given


def test_ours_says_nothing_else(tmp_path: Path) -> None:
    """Whoever has no settings has Ansible's own, all but one."""
    parser = configparser.ConfigParser()
    assert parser.read(waiting({}, (tmp_path / "none",)).values())
    assert {name: dict(parser[name]) for name in parser.sections()} == {"defaults": {"internal_poll_interval": "0.02"}}
