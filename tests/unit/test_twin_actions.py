"""The action plugins choose a module's twin by the connection, and hand on what it is given and answers."""

from __future__ import annotations

import base64
import importlib
from pathlib import Path
from typing import Any

import pytest
from ansible.playbook.task import Task
from ansible_collections.smartde.nextcloud.plugins.action import tree_manifest as tree_action
from ansible_collections.smartde.nextcloud.plugins.plugin_utils.twins import Twin

from tests.unit.listed import NAMES, folder, listing, raw, root_of

__all__ = ["folder"]

TWINS = ("client_facts", "tree_manifest", "account_move", "account_restore", "user_notice", "host_unlock")


class Shell:
    tmpdir = None

    def __init__(self, *, windows: bool) -> None:
        if windows:
            self._IS_WINDOWS = True


class Connection:
    has_native_async = False

    def __init__(self, *, windows: bool) -> None:
        self._shell = Shell(windows=windows)


class Host:
    """Answers the calls of an action, one after the other; the last answer again and again."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def execute(self, module_name: str, module_args: dict[str, Any], **_more: object) -> dict[str, Any]:
        self.calls.append((module_name, module_args))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return {**answer, "invocation": {"module_args": dict(module_args)}}


def run(name: str, host: Host, arguments: dict[str, Any], *, windows: bool, wait: int = 0) -> dict[str, Any]:
    module = importlib.import_module(f"ansible_collections.smartde.nextcloud.plugins.action.{name}")
    task = Task()
    task.args = arguments
    task.async_val = wait
    action: Twin = module.ActionModule(task, Connection(windows=windows), None, None, None, None)
    action._execute_module = host.execute
    action._remove_tmp_path = lambda _path: None
    return action.run(None, {})


@pytest.mark.parametrize("windows", [False, True], ids=["linux", "windows"])
@pytest.mark.parametrize("name", TWINS)
def test_the_twin_fits_the_connection(name: str, windows: bool) -> None:  # noqa: FBT001 - a parameter of the test
    host = Host({"changed": True, "msg": "no"})
    answer = run(name, host, {"root": "/x"}, windows=windows)
    ((module, arguments),) = host.calls
    assert module == f"smartde.nextcloud.{'win_' if windows else ''}{name}"
    assert arguments["root"] == "/x"
    assert (answer["changed"], answer["msg"]) == (True, "no")


@pytest.mark.parametrize("name", ["account_move", "account_restore"])
def test_the_part_of_the_user_travels_to_windows_alone(name: str) -> None:
    linux, windows = Host({}), Host({})
    run(name, linux, {}, windows=False)
    answer = run(name, windows, {"user_part": {"forged": "text"}}, windows=True)
    assert "user_part" not in linux.calls[0][1]
    assert sorted(windows.calls[0][1]["user_part"]) == ["Native.cs", "user_part.ps1"]
    assert all(text.strip() for text in windows.calls[0][1]["user_part"].values())
    assert "user_part" not in answer["invocation"]["module_args"]


def test_equal_digests_cost_one_call(folder: Path) -> None:
    told = raw(folder, listing(folder), "size", files=9) | {"listing": "", "before_listing": ""}
    host = Host({"changed": False, "folders": [told], "problems": []})
    answer = run("tree_manifest", host, {"run": "latest"}, windows=True)
    assert [arguments["bring"] for _module, arguments in host.calls] == [False]
    assert answer["folders"][0]["before"]["same"] == 9
    assert answer["problems"] == []


def test_other_digests_cost_a_second_call_for_those_profiles(folder: Path) -> None:
    before = listing(folder)
    (folder / "new.txt").write_bytes(b"new")
    full = raw(folder, before, "size")
    bare = full | {"listing": "", "before_listing": "", "journal": None}
    other = bare | {"user": "max", "root_digest": root_of(before)}
    host = Host({"folders": [other, bare], "problems": []}, {"folders": [full], "problems": []})
    answer = run("tree_manifest", host, {}, windows=True)
    assert host.calls[1][1]["bring"] is True
    assert host.calls[1][1]["profiles"] == [{"user": "eva", "config_path": NAMES["config_path"]}]
    assert [one["before"]["user"] for one in answer["folders"]] == [0, 1]
    assert not {"listing", "journal_db", "before_digest"} & set(answer["folders"][1])


def test_a_deep_level_brings_at_once(folder: Path) -> None:
    host = Host({"folders": [raw(folder, None, "journal")], "problems": []})
    run("tree_manifest", host, {"level": "journal"}, windows=True)
    assert [arguments["bring"] for _module, arguments in host.calls] == [True]


def test_a_client_at_work_is_looked_at_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_action, "AGAIN_SECONDS", 0.0)
    whole = raw(folder, listing(folder), "journal", running=True)
    lost = next(path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    lost.unlink()
    early = whole | {"listing": base64.b64encode(listing(folder)).decode()}
    host = Host({"folders": [early]}, {"folders": [whole]})
    answer = run("tree_manifest", host, {"level": "journal"}, windows=True)
    assert len(host.calls) == 2
    assert answer["folders"][0]["before"]["lost"] == 0


def test_a_failure_is_handed_on() -> None:
    host = Host({"failed": True, "msg": "the folders could not be looked at"})
    assert run("tree_manifest", host, {}, windows=True)["failed"]


def test_a_second_look_that_fails_is_a_comparison_that_was_not_done(folder: Path) -> None:
    bare = raw(folder, None, "size") | {"listing": ""}
    host = Host({"folders": [bare]}, {"failed": True, "msg": "out of memory"})
    (check,) = run("tree_manifest", host, {}, windows=True)["folders"]
    assert check["before"]["reason"] == "the host did not answer again: out of memory"


def test_trees_are_not_compared_in_the_background() -> None:
    host = Host({})
    assert run("tree_manifest", host, {}, windows=True, wait=60)["failed"]
    assert host.calls == []
