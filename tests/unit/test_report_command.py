"""`smartfleet report`: what is printed, which files are written and how, and what does not go together."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from smartfleet.cli.main import main
from smartfleet.fleet import load_fleet
from smartfleet.fleet.example import write_example
from smartfleet.report.writers import FORMS, FormName
from smartfleet.store import Store
from tests.unit.builders import NEW, OLD, Case, facts_of

SMALL = [name for name in FORMS if name != "pdf"]
"""Forms that need no program."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fleet = tmp_path / "fleet"
    write_example(fleet, [OLD], NEW)
    (fleet / "inventory" / "hosts.yml").write_text("all:\n  hosts:\n    pc-1:\n    pc-2:\n", encoding="utf-8")
    audit(fleet, pc_1={}, pc_2={"accounts": [{"url": NEW}]})
    return fleet


def audit(folder: Path, **hosts: Case) -> None:
    fleet = load_fleet(folder)
    store = Store.of_fleet(fleet.state, fleet.config.store)
    run = store.begin("audit", len(hosts))
    store.add_facts(run, {name.replace("_", "-"): (time.time(), facts_of(case)) for name, case in hosts.items()})
    store.finish(run, "done")
    store.close()


def report(folder: Path, *words: str) -> object:
    """Its exit code."""
    with pytest.raises(SystemExit) as end:
        main(["report", "--fleet", str(folder), *words])
    return end.value.code


def test_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(folder) == 10
    assert "0 of 2 hosts compliant" in capsys.readouterr().out


@pytest.mark.parametrize("form", SMALL)
def test_every_form_is_a_file_and_prints_the_same(
    folder: Path, form: FormName, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = folder / f"report{FORMS[form].suffix}"
    assert report(folder, "--format", form, "--out", str(file)) == 10
    told = capsysbinary.readouterr()
    assert told.err.decode().strip() == f"written: {file}"
    # a workbook is a zip, with the time in it
    assert told.out[:2] == file.read_bytes()[:2]
    assert form == "xlsx" or told.out == file.read_bytes()


def test_several_files_of_one_moment(folder: Path) -> None:
    files = [folder / "a.json", folder / "b.csv", folder / "c.MD"]
    assert report(folder, *(word for file in files for word in ("--out", str(file)))) == 10
    assert all(file.stat().st_size for file in files)
    assert json.loads(files[0].read_text("utf-8"))["schema"] == "smartfleet.report/1"


def test_a_file_that_is_replaced_keeps_its_mode(folder: Path) -> None:
    old, new = folder / "old.prom", folder / "new.prom"
    old.touch(mode=0o640)
    mask = os.umask(0o027)
    try:
        report(folder, "--out", str(old), "--out", str(new))
    finally:
        os.umask(mask)
    assert [file.stat().st_mode & 0o777 for file in (old, new)] == [0o640, 0o640]
    assert [path.name for path in folder.iterdir() if path.name.startswith(".smartfleet-")] == []


def test_a_form_that_breaks_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "report.md"
    file.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("smartfleet.report.forms.markdown.write", full)
    assert report(folder, "--out", str(file)) == 2
    assert file.read_text("utf-8") == "old"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".smartfleet-")] == []


WRONG = [
    (["--out", "report.doc"], "report/no-such-form"),
    (["--out", "nowhere/report.html"], "report/unwritable"),
    (["--sign", "KEY"], "report/nothing-to-sign"),
    (["--signer", "KEY"], "report/nothing-to-check"),
    (["--evidence", "new", "--redact"], "report/redacted-evidence"),
    (["--evidence", "inventory", "--out", "a.json"], "evidence/folder-taken"),
    (["--evidence", "nowhere/new", "--out", "a.json"], "evidence/unwritable"),
    (["--evidence", "new", "--sign", "KEY", "--out", "a.json"], "evidence/no-key"),
    (["--check", "nowhere"], "evidence/"),
    (["--check", "KEY", "--send"], "report/check-alone"),
    (["--check", "KEY", "--out", "a.json"], "report/check-alone"),
    (["--check", "KEY", "--evidence", "new"], "report/check-alone"),
    (["--check", "KEY", "--format", "html"], "report/no-such-form"),
    (["--since", "yesterday"], "diff/"),
]


@pytest.mark.parametrize(("words", "code"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_what_does_not_go_together_is_said_before_anything_is_done(
    words: Sequence[str], code: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "KEY").touch()
    before = sorted(path.name for path in folder.iterdir())
    assert report(folder, *words) == 2
    assert f"error[{code}" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_terminal_gets_no_workbook(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert report(folder, "--format", "xlsx") == 2
    assert "--out report.xlsx" in capsys.readouterr().err


def test_names_are_left_out_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(folder, "--format", "json")
    user = json.loads(capsys.readouterr().out)["profiles"][0]["user"]
    report(folder, "--format", "json", "--redact")
    told = capsys.readouterr().out
    assert json.loads(told)["redacted"]
    assert f'"{user}"' not in told
    assert (folder / ".smartfleet" / "redact.key").stat().st_mode & 0o777 == 0o600


def test_evidence_is_written_checked_and_found_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = folder / "evidence"
    assert report(folder, "--evidence", str(kept)) == 10
    assert f"next: smartfleet report --check {kept}" in capsys.readouterr().err
    assert report(folder, "--check", str(kept), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["ok"]
    with (kept / "report.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    assert report(folder, "--check", str(kept)) == 1
    told = capsys.readouterr()
    assert "report.json" in told.out
    assert "error[report/evidence-broken]" in told.err
