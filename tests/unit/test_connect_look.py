from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import tree_sitter
import tree_sitter_powershell

from smartfleet.connect import look

ANSWERS: dict[str, Any] = {
    "schema": "smartfleet.look/1", "computer": "PC-0815", "user": "pc-0815\\verwalter", "administrator": True,
    "elevated": True, "token_filter_policy": 1, "build": "19045", "powershell": "5.1.19041.1", "edition": "Desktop",
    "language_mode": "FullLanguage", "machine_policy": "Undefined", "user_policy": "Undefined", "system_drive": "C:",
    "disk_free": 10**11, "time": 1_795_000_000, "max_shells_per_user": 30, "max_memory_per_shell_mb": 1024,
    "winsqlite3": True, "restart_pending": False,
}  # fmt: skip


def test_the_script_and_the_model_speak_of_the_same_things() -> None:
    asked = {line.split("'")[1] for line in look.script().splitlines() if line.startswith("Add-SfAnswer")}
    assert asked | {"schema"} == {field.alias or name for name, field in look.Look.model_fields.items()}


def test_the_command_is_short_enough_for_cmd() -> None:
    assert len(look.command_line()) < look.LONGEST_COMMAND


def test_what_is_sent_is_the_script_and_parses() -> None:
    sent = base64.b64decode(look.command_line().rpartition(" ")[2]).decode("utf-16-le")
    assert sent == look.script()
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    assert not parser.parse(sent.encode()).root_node.has_error


def test_the_script_only_reads() -> None:
    verbs = (
        "Set-",
        "New-",
        "Remove-",
        "Start-",
        "Stop-",
        "Invoke-",
        "Out-File",
        "Enable-",
        "Disable-",
        "Restart-",
        ">",
    )
    assert not [verb for verb in verbs if verb in look.script()]


@pytest.mark.parametrize("around", ["{}", "\ufeff{}\r\n", "a login script says hello\r\n{}\r\n"])
def test_answers_are_found_in_the_output(around: str) -> None:
    seen = look.read(around.replace("{}", json.dumps(ANSWERS)))
    assert seen.model_dump(mode="json") == ANSWERS


def test_what_a_host_cannot_tell_is_none() -> None:
    seen = look.read(json.dumps(dict.fromkeys(ANSWERS) | {"schema": "smartfleet.look/1"}))
    assert (seen.disk_free, seen.local_account) == (None, None)


@pytest.mark.parametrize(
    "output", ["", "no json", "{}", "[1]", '{"schema": "smartfleet.look/2"}', json.dumps(ANSWERS | {"x": 1}),
               json.dumps(ANSWERS | {"time": "soon"}), json.dumps(ANSWERS)[:-5]],
)  # fmt: skip
def test_anything_else_is_an_error(output: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        look.read(output)


@pytest.mark.parametrize(("user", "local"), [("PC-0815\\eva", True), ("pc-0815\\eva", True), ("example\\eva", False)])
def test_whose_account_it_is(user: str, local: object) -> None:
    assert look.read(json.dumps(ANSWERS | {"user": user})).local_account is local
