"""The command line's frame: help, errors in three parts, exit codes, nobody to ask."""

from __future__ import annotations

import importlib
import inspect
import io
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

import smartfleet
from smartfleet.cli.deferred import verb_of
from smartfleet.cli.main import COMMANDS, cli, main
from smartfleet.cli.options import confirm
from smartfleet.cli.welcome import welcome
from smartfleet.errors import InventoryError, PlanError
from smartfleet.fleet.example import write_example
from smartfleet.store import Store
from tests.unit.builders import NEW, OLD, facts_of

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "commands.md").read_text("utf-8")


def commands() -> Iterator[tuple[str, click.Command]]:
    """All commands with their subcommands."""
    for name in COMMANDS:
        if importlib.util.find_spec(f"smartfleet.cli.{name}") is None:
            continue
        command = importlib.import_module(f"smartfleet.cli.{name}").command
        yield name, command
        if isinstance(command, click.Group):
            for inner, subcommand in command.commands.items():
                yield f"{name} {inner}", subcommand


FOUND = list(commands())


def test_the_version_is_the_package_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == smartfleet.__version__


@pytest.mark.parametrize(("name", "command"), FOUND, ids=[name for name, _ in FOUND])
def test_every_command_says_what_the_overview_says(name: str, command: click.Command) -> None:
    if " " not in name:
        assert command.get_short_help_str(200) == COMMANDS[name]
    assert command.help
    assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))


@pytest.mark.parametrize(("name", "command"), FOUND, ids=[name for name, _ in FOUND])
def test_every_command_and_option_is_in_the_docs(name: str, command: click.Command) -> None:
    assert f"`smartfleet {name}" in DOCS
    options = {
        option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts
    }
    section = DOCS.split(f"## `smartfleet {name.partition(' ')[0]}")[1].split("\n## ")[0]
    for option in options:
        assert re.search(rf"`{re.escape(option)}[ `]", section) or option == "-K", option


HEAVY = ("sqlalchemy", "ansible", "ansible_runner", "paramiko", "requests", "httpx", "rich", "distributed")
"""What takes long to import, and what no command needs to say how it is called."""
HELP_OF_EACH = """
import contextlib, io, json, sys
import smartfleet.cli.main as m

asked, heavy = json.loads(sys.argv[1])
found = {}
for command in asked:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        m.cli.main([*command.split(), "--help"], standalone_mode=False)
    found[command] = [said.getvalue().count("Usage:"), [name for name in heavy if name in sys.modules]]
print(json.dumps(found))
"""


@pytest.mark.once
def test_help_does_not_wait_for_what_the_commands_do() -> None:
    asked = ["", *[name for name, _ in FOUND]]
    command = [sys.executable, "-c", HELP_OF_EACH, json.dumps([asked, [*HEAVY]])]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout) == {name: [1, []] for name in asked}


CALLED = [one for one in FOUND if not isinstance(one[1], click.Group)]


@pytest.mark.parametrize(("name", "command"), CALLED, ids=[name for name, _ in CALLED])
def test_both_halves_of_a_command_have_the_same_parameters(
    name: str, command: click.Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[inspect.Signature] = []

    def signature_of(described: Callable[[], None]) -> Callable[..., object]:
        called.append(inspect.signature(verb_of(described)))
        return called[0].bind

    monkeypatch.setattr("smartfleet.cli.deferred.verb_of", signature_of)
    assert command.callback
    command.callback(**{parameter.name: None for parameter in command.params if parameter.name})
    assert called, name


def run(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


def test_an_error_has_three_parts_and_its_own_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise PlanError("plan/edited", "the plan of \x1b[31mpc-1 was edited", why="it matters", do="plan again")

    monkeypatch.setattr(cli, "main", fail)
    assert run() == 5
    assert capsys.readouterr().err.splitlines() == [
        "error[plan/edited]: the plan of \\x1b[31mpc-1 was edited",
        "  why: it matters",
        "  do:  plan again",
    ]


def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nosuch") == 2
    assert run("audit", "--nosuch") == 2
    assert run("fix") == 2
    assert "nosuch" in capsys.readouterr().err


def test_a_folder_that_is_no_fleet_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("audit", "--fleet", str(tmp_path)) == 2
    assert "smartfleet init" in capsys.readouterr().err


def test_nobody_to_ask_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(smartfleet.errors.UsageError) as caught:
        confirm("Move?", yes=False)
    assert caught.value.exit_code == 2
    assert confirm("Move?", yes=True)


def test_ctrl_c_at_a_question_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(**_: object) -> None:
        raise click.exceptions.Abort

    monkeypatch.setattr(cli, "main", stop)
    assert run() == 130


def test_bare_smartfleet_names_the_next_command(tmp_path: Path) -> None:
    assert "smartfleet init" in welcome(tmp_path)
    write_example(tmp_path, [OLD], NEW)
    assert "smartfleet audit" in welcome(tmp_path)
    store = Store.of_fleet(tmp_path / ".smartfleet", "")
    assert "next: smartfleet audit" in welcome(tmp_path)
    store.add_facts(store.begin("audit", 1), {"pc-1": (1.0, facts_of({}))})
    assert "next: smartfleet plan" in welcome(tmp_path)
    (tmp_path / "smartfleet.yml").write_text("servers: [")
    assert "next: smartfleet status" in welcome(tmp_path)


def test_init_writes_a_fleet_and_no_second_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my fleet"
    arguments = ("init", str(folder), "--from", "https://a.example.org", "--to", "https://b.example.org")
    assert run(*arguments) == 0
    told = capsys.readouterr()
    assert (folder / "smartfleet.yml").exists()
    assert f"cd '{folder}' && smartfleet doctor" in told.err
    assert run(*arguments) == 2


def test_errors_know_their_exit_codes() -> None:
    assert (InventoryError.exit_code, PlanError.exit_code) == (2, 5)


def test_a_misspelt_command_is_answered_with_the_likely_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["aduit"])
    assert ended.value.code == 2
    assert "did you mean audit?" in capsys.readouterr().err
