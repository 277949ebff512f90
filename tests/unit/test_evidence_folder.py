"""Evidence: a folder that says whether it is as it was written. Signatures are tested in tests/integration."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from smartfleet import evidence
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.reporting import report_data
from smartfleet.errors import StoreError, UsageError
from smartfleet.evidence.basis import Basis
from smartfleet.evidence.layout import facts_file
from smartfleet.fleet import Fleet
from smartfleet.model.plan import Plan
from smartfleet.model.results import Outcome
from smartfleet.plan.file import load_plan
from smartfleet.plan.file import sealed as sealed_plan
from smartfleet.store import Store
from smartfleet.store.chain import START, Line, sealed
from tests.unit.builders import facts_of, fleet_config
from tests.unit.reported import AUDITED, HOSTILE, host, report, words

DATA = report(profiles=[], hosts=[host(), host("pc-3", reason="never-seen", audited=None)])


def trail_of(*details: str) -> list[Line]:
    lines: list[Line] = []
    for detail in details:
        values = {
            "time": 1.5, "admin": "ada", "where": "desk", "event": "begun", "run": "r", "verb": "apply",
            "plan_hash": "", "hosts": ["pc-1"], "outcomes": {}, "detail": detail,
        }  # fmt: skip
        lines.append(sealed(values, len(lines) + 1, lines[-1].hash if lines else START))
    return lines


def plan(created: float = 1.0) -> Plan:
    return sealed_plan(
        Plan(
            created=created, old_servers=["https://old.example"], new_server="https://new.example", strategy="move",
            instance_id="", hosts=[],
        )
    )  # fmt: skip


def basis() -> Basis:
    facts = [("pc-1", AUDITED, facts_of({"accounts": [{}]}))]
    return Basis(facts, [plan()], trail_of("one", "größer \u2028", "three"), fleet_config())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    evidence.write(tmp_path / "evidence", DATA, basis(), words())
    return tmp_path / "evidence"


def relist(folder: Path) -> None:
    """The list, as somebody writes it who changed files."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("SHA256SUMS")
    )
    sums = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (folder / "SHA256SUMS").write_text("".join(sums))


def codes(folder: Path) -> list[str]:
    return [problem.code for problem in evidence.check(folder).problems if problem.severity == "error"]


def test_what_was_written_is_as_it_was_written(folder: Path) -> None:
    found = evidence.check(folder)
    assert (found.ok, found.changed, found.missing, found.extra) == (True, [], [], [])
    assert found.trail is not None
    assert (found.trail.entries, found.trail.ok) == (3, True)
    assert [problem.code for problem in found.problems] == ["not-signed"]
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.count(": OK")) == (0, found.files)


def test_it_holds_the_report_and_what_it_rests_on(folder: Path) -> None:
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        *("README.txt", "SHA256SUMS", "report.html", "report.json", "settings.json", "trail.jsonl"),
        *(facts_file("pc-1"), f"plans/{plan().hash}.json"),
    }
    assert json.loads((folder / "report.json").read_text())["fleet"] == "demo"
    kept = json.loads((folder / facts_file("pc-1")).read_text())
    assert (kept["host"], kept["taken"], kept["facts"]["schema"]) == ("pc-1", AUDITED, "smartfleet.facts/1")
    assert load_plan(folder / f"plans/{plan().hash}.json", now=0.0) == plan()
    settings = json.loads((folder / "settings.json").read_text())
    assert "policy" in settings
    assert not {"sending", "store"} & settings.keys()
    assert "demo" in (folder / "README.txt").read_text()


def test_only_its_owner_reads_it(folder: Path) -> None:
    modes = {path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*")) if path.is_dir()}
    assert modes == {0o700}
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_the_name_of_a_host_leads_nowhere(name: str) -> None:
    assert re.fullmatch(r"facts/[A-Za-z0-9-]{1,60}-[0-9a-f]{12}\.json", facts_file(name))


@pytest.mark.parametrize("name", ["../../../etc/passwd", "con", "a/b", "..", "PC-1", "pc.1"])
def test_hosts_have_files_of_their_own(name: str, tmp_path: Path) -> None:
    data = report(profiles=[], hosts=[host(), host(name)])
    facts = facts_of({"accounts": [{}]})
    evidence.write(
        tmp_path / "e", data, replace(basis(), facts=[("pc-1", AUDITED, facts), (name, AUDITED, facts)]), words()
    )
    kept = [json.loads(file.read_text())["host"] for file in (tmp_path / "e/facts").iterdir()]
    assert sorted(kept) == sorted(["pc-1", name])
    assert evidence.check(tmp_path / "e").ok


def _swap(folder: Path) -> None:
    (folder / "settings.json").rename(folder / "README.txt")


def _link(folder: Path) -> None:
    (folder / "report.json").rename(folder.parent / "report.json")
    (folder / "report.json").symlink_to(folder.parent / "report.json")


def _pipe(folder: Path) -> None:
    (folder / "trail.jsonl").unlink()
    os.mkfifo(folder / "trail.jsonl")


def _linked_folder(folder: Path) -> None:
    (folder / "facts").rename(folder.parent / "facts")
    (folder / "facts").symlink_to(folder.parent / "facts")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda folder: (folder / "report.json").write_text("{}"), {"changed": ["report.json"]}),
        (lambda folder: (folder / "report.json").unlink(), {"missing": ["report.json"]}),
        (lambda folder: (folder / "a\x1b[2J\nb").touch(), {"extra": ["a\\x1b[2J\\x0ab"]}),
        (lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch(), {"extra": ["\\udcff"]}),
        (_swap, {"changed": ["README.txt"], "missing": ["settings.json"]}),
        (_link, {"changed": ["report.json"]}),
        (_pipe, {"changed": ["trail.jsonl"]}),
        (_linked_folder, {"missing": [facts_file("pc-1")], "extra": ["facts"]}),
    ],
    ids=["changed", "missing", "extra", "no-text", "swapped", "link", "pipe", "linked-folder"],
)
def test_every_change_is_told(folder: Path, change: Callable[[Path], None], expected: dict[str, list[str]]) -> None:
    change(folder)
    found = evidence.check(folder)
    assert not found.ok
    told = {name: getattr(found, name) for name in ("changed", "missing", "extra") if getattr(found, name)}
    assert told == expected
    assert found.model_dump_json()


@pytest.mark.parametrize(
    "line",
    ["garbage", f"{'0' * 64}  /etc/passwd", f"{'0' * 64}  ../x", f"{'0' * 64}  a/../b", f"{'0' * 64}  ./a",
     f"{'0' * 64}  SHA256SUMS", f"{'0' * 64}  report.json", f"{'0' * 63}  a", "\\" + "0" * 64 + "  a", ""],
)  # fmt: skip
def test_a_list_that_names_what_is_not_in_the_folder_is_broken(folder: Path, line: str) -> None:
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{line}\n")
    assert "list-broken" in codes(folder)


def test_a_list_without_the_trail_is_not_enough(folder: Path) -> None:
    (folder / "trail.jsonl").unlink()
    relist(folder)
    found = evidence.check(folder)
    assert (found.ok, found.missing, found.trail) == (False, ["trail.jsonl"], None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: [lines[0].replace("ada", "eva"), *lines[1:]], "line 1 was changed"),
        (lambda lines: [lines[0], lines[2]], "line 2 is missing"),
        (lambda lines: lines[1:], "line 1 is missing"),
        (lambda lines: [lines[0], "garbage\n", lines[2]], "line 2 was changed"),
        (lambda lines: [lines[0], '{"number": 2}\n'], "line 2 was changed"),
        (lambda lines: [lines[0], "[" * 100_000 + "\n"], "line 2 was changed"),
        (lambda lines: [lines[0], lines[1].replace("one", "x"), lines[2].replace('"three"', '"\\ud800"')],
         "line 3 was changed"),
        (lambda lines: [lines[0], lines[1].replace('"number":2', '"number":true'), lines[2]], "line 2 was changed"),
        # who reads it sees what stands there first, a program what stands there last
        (lambda lines: ['{"admin":"eva",' + lines[0][1:], *lines[1:]], "line 1 was changed"),
        (lambda lines: [" " + lines[0], *lines[1:]], "line 1 was changed"),
    ],
)  # fmt: skip
def test_a_trail_that_was_rewritten_is_told_though_its_hash_fits(
    folder: Path, change: Callable[[list[str]], list[str]], reason: str
) -> None:
    file = folder / "trail.jsonl"
    lines = file.read_text("utf-8").split("\n")[:-1]
    file.write_text("".join(change([f"{line}\n" for line in lines])), "utf-8")
    relist(folder)
    assert codes(folder) == ["trail-broken"]
    found = evidence.check(folder).trail
    assert found is not None
    assert found.reason == reason


def test_a_folder_that_is_no_evidence_says_so(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(UsageError, match="cannot be checked"):
            evidence.check(path)
    (tmp_path / "SHA256SUMS").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match="cannot be checked"):
        evidence.check(tmp_path)


def test_a_folder_that_is_taken_is_left_alone(folder: Path) -> None:
    before = (folder / "SHA256SUMS").read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        evidence.write(folder, DATA, basis(), words())
    assert (folder / "SHA256SUMS").read_bytes() == before


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    evidence.write(tmp_path / "empty", DATA, basis(), words("de"))
    assert evidence.check(tmp_path / "empty").ok
    assert "Nachweis" in (tmp_path / "empty/README.txt").read_text("utf-8")


def test_what_goes_wrong_leaves_nothing(tmp_path: Path) -> None:
    later = [("pc-1", AUDITED + 1, facts_of({"accounts": [{}]}))]
    for facts in (later, []):
        with pytest.raises(StoreError, match="was audited while"):
            evidence.write(tmp_path / "e", DATA, replace(basis(), facts=facts), words())
    (tmp_path / "key").write_text("no key")
    with pytest.raises(UsageError, match="is no key"):
        evidence.write(tmp_path / "e", DATA, basis(), words(), tmp_path / "key")
    with pytest.raises(UsageError, match="cannot be written"):
        evidence.write(tmp_path / "gone/e", DATA, basis(), words())
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path}/store.db")
    yield made
    made.close()


def test_it_rests_on_the_plans_behind_the_newest_outcomes(store: Store) -> None:
    old, new = plan(), plan(2.0)
    for one in (old, new):
        store.add_plan(one)
        run = store.begin("apply", 1, one.hash)
        outcome = Outcome(host="pc-1", user="eva", config_path="c", outcome="moved")
        store.add_outcomes(run, [outcome, outcome.model_copy(update={"host": f"pc-{one.created}"})])
    found = evidence.basis(store, fleet_config(), ["pc-1", "pc-3"])
    assert [one.hash for one in found.plans] == [new.hash]


def test_the_report_of_a_store_is_evidence(store: Store, tmp_path: Path) -> None:
    run = store.begin("audit", 1)
    store.add_facts(run, {"pc-1": (AUDITED, facts_of({})), "pc-9": (AUDITED, facts_of({}))})
    store.add_trail("ended", run=run, hosts=["pc-1", "größer"])
    fleet, hosts = Fleet(tmp_path, fleet_config()), [InventoryHost(name, name) for name in ("pc-1", "pc-3")]
    data = report_data(fleet, store, hosts, {})
    evidence.write(tmp_path / "e", data, evidence.basis(store, fleet.config, ["pc-1", "pc-3"]), words())
    found = evidence.check(tmp_path / "e")
    assert found.ok
    assert found.trail == store.check_trail()
    assert [file.name for file in (tmp_path / "e/facts").iterdir()] == [Path(facts_file("pc-1")).name]
