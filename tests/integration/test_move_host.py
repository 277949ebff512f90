"""A whole host: who is found, who waits, and that one profile does not stop another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostwork import Host, choose, move_host, restore_host
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import host_lock
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import Remembered

from tests.unit.moveworld import World

pytestmark = pytest.mark.once

PHASES = frozenset({"prepare", "commit"})
MODULES = Path(__file__).parents[2] / "playbooks/collections/ansible_collections/smartde/nextcloud/plugins/modules"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Anna has an account and no session; the host has nobody else."""
    made = World(tmp_path, running=False)
    (made.root / "etc").mkdir()
    (made.root / "etc/passwd").write_text(f"anna:x:{os.geteuid()}:{os.getegid()}::{made.home}:/bin/sh\n")
    return made


def host(world: World) -> Host:
    return Host(str(world.root), stop_seconds=1, start_seconds=1, wait_seconds=0)


def move(world: World, *orders: dict[str, Any], run: str = "run-1") -> list[tuple[str, str, str]]:
    outcomes = move_host(host(world), run, orders, PHASES, lock_seconds=60, check_mode=False)
    return [(one.user, one.outcome, one.code) for one in outcomes]


def test_each_profile_gets_its_own_answer(world: World) -> None:
    raw = world.order()
    found = move(
        world,
        {**raw, "user": "nobody-here"},
        {**raw, "config_path": "/elsewhere/nextcloud.cfg"},
        {**raw, "cookies": ["../x"]},
        raw,
    )
    assert found == [
        ("nobody-here", "refused", "user-unknown"),
        ("anna", "refused", "config-unknown"),
        ("anna", "failed", "unreadable"),
        ("anna", "waiting-session", "no-session"),
    ]
    assert world.config.read_bytes() == world.before


def test_a_host_that_another_run_holds(world: World) -> None:
    raw = world.order()
    with host_lock(str(world.root), "other-run"):
        assert move(world, raw) == [("anna", "refused", "lock-held")]
    assert move(world, raw) == [("anna", "waiting-session", "no-session")]


def test_prepared_profiles_keep_the_host_reserved(world: World) -> None:
    raw = world.order(secrets=[])
    (world.root / "var/lib").mkdir(parents=True)
    checks_need_no_server = {**raw, "accounts": [], "folders": []}
    (prepared,) = move_host(
        host(world), "run-1", [checks_need_no_server], frozenset({"prepare"}), lock_seconds=60, check_mode=False
    )
    assert prepared.outcome == "prepared"
    other = {**raw, "new_sha256": "0" * 64}
    assert move(world, other, run="run-2") == [("anna", "refused", "lock-held")]
    aborted = restore_host(host(world), "run-1", [], only_open=True, check_mode=False)
    assert [(one.outcome, one.changed) for one in aborted] == [("rolled-back", True)]
    assert move(world, other, run="run-2") != [("anna", "refused", "lock-held")]


def test_nothing_to_take_back(world: World) -> None:
    assert restore_host(host(world), "", [], only_open=False, check_mode=False) == []
    assert restore_host(host(world), "run-9", [], only_open=True, check_mode=False) == []
    wanted = [{"user": "anna", "config_path": str(world.config), "strategy": "move"}]
    (answer,) = restore_host(host(world), "", wanted, only_open=False, check_mode=False)
    assert (answer.user, answer.outcome, answer.code) == ("anna", "already", "no-transaction")


def test_which_moves_are_taken_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    raw = world.order()
    world.move(raw, run="run-1", phases=["prepare"])
    world.move(raw, run="run-2")
    for run in ("", "run-1", "run-2"):
        (found,) = choose(str(world.root), run, [])
        assert isinstance(found, Remembered)
        assert (found.run, found.state) == ("run-1", "done"), run
    assert choose(str(world.root), "run-3", []) == []


@pytest.mark.parametrize(
    ("module", "arguments", "expected"),
    [
        ("account_move", {"run": "r1", "profiles": []}, {"changed": False, "profiles": []}),
        ("account_move", {"run": "../x", "profiles": []}, {"failed": True, "code": "state-failed"}),
        ("account_restore", {}, {"changed": False, "profiles": []}),
        ("account_restore", {"profiles": [{"user": "anna"}]}, {"failed": True, "code": "profiles-incomplete"}),
    ],
)
def test_the_modules_answer_in_their_own_process(
    tmp_path: Path, module: str, arguments: dict[str, Any], expected: dict[str, Any]
) -> None:
    """As Ansible calls them, but for its wrapping."""
    code = (
        "import json, runpy, sys; from ansible.module_utils import basic;"
        "basic._ANSIBLE_ARGS = sys.stdin.buffer.read(); basic._ANSIBLE_PROFILE = 'legacy';"
        "runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {"root": str(tmp_path), **arguments}}).encode()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(MODULES / f"{module}.py")],
        input=given,
        env=environment,
        capture_output=True,
        check=False,
        timeout=600,
    )
    answer = json.loads(done.stdout)
    assert {key: answer[key] for key in expected} == expected, done.stderr
