"""A redacted report: names of people and files stand nowhere in it, whatever text they were put into."""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.errors import FleetError
from smartfleet.fleet.redact_key import redact_key
from smartfleet.model.policy import CheckInfo, CheckResult, Waiver
from smartfleet.model.report import FolderRow, ProfileRow, ReportData
from smartfleet.report.pseudonyms import Pseudonyms
from smartfleet.report.redact import redact
from smartfleet.words import Words
from tests.unit.planted import Place, planted

KEY = bytes(range(32))
WORDS = Words(
    "en",
    {
        "checks.own.message": "{user} has {count} files in {path}, see {server} and {note}",
        "checks.own.short": "{gone}",
        "checks.own.do": "ask {user}",
    },
)
OLD, NEW = "https://old.example", "https://new.example/cloud"
# what an admin named, in the inventory or in the policy, or what smartfleet itself calls things
STAYS: dict[Place, object] = {
    ("ReportData", "fleet"): "fleet", ("ReportData", "old_servers"): [OLD], ("ReportData", "new_server"): NEW,
    ("ProfileRow", "host"): "pc-1", ("ProfileRow", "os"): "linux", ("ProfileRow", "distribution"): "debian 12",
    ("HostRow", "host"): "pc-1", ("HostRow", "os"): "linux", ("HostRow", "distribution"): "debian 12",
    ("HostRow", "site"): "berlin", ("HostRow", "wave"): "wave 1", ("HostRow", "passed"): ["old-server"],
    ("ProfileRow", "passed"): ["old-server"], ("FolderRow", "passed"): ["old-server"], ("FolderRow", "level"): "size",
    ("CheckInfo", "check"): "own", ("CheckInfo", "title"): "Own check", ("CheckInfo", "why"): "because",
    ("CheckInfo", "do"): "mend it", ("CheckResult", "check"): "own", ("Waiver", "until"): "2026-12-31",
    ("Point", "run"): "20261122-1", ("Point", "verb"): "audit", ("Share", "name"): "berlin",
    ("Moment", "run"): "20261122-1", ("CheckChange", "check"): "own", ("CheckChange", "host"): "pc-1",
    ("FolderChange", "host"): "pc-1", ("HostChange", "host"): "pc-1", ("DiffDocument", "hosts_new"): ["pc-2"],
    ("DiffDocument", "hosts_gone"): ["pc-3"],
    ("ReportData", "redacted"): False,
    ("ReportData", "schema_"): "smartfleet.report/1", ("DiffDocument", "schema_"): "smartfleet.diff/1",
}  # fmt: skip
NAMES = ["Quill", "Zoë Quark", "=cmd|'/c calc'!A1", "<script>quark</script>", "x\u202egpj", "quark\nquark", "Quark.pdf"]


def redacted(data: ReportData) -> ReportData:
    return redact(data, Pseudonyms(KEY), WORDS)


def data_with(name: str, **values: str) -> ReportData:
    """`name` in every free text; `values` are those of an answer of the policy."""
    forms = itertools.cycle([name, f"/home/{name}/Nextcloud", f"before {name} after", f"C:\\Users\\{name}\\a.docx"])
    only = STAYS | {("CheckResult", "values"): {"user": name, "path": f"/home/{name}", "note": name, **values}}
    return planted(ReportData, lambda _place: next(forms), only)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["", "checks.own.message", "checks.none", "checks.own.short"])
def test_no_free_text_lets_a_name_through(name: str, text: str) -> None:
    data = data_with(name)
    results = [CheckResult(check="own", answer="fail", severity="error", message=name, text=text, do=name)]
    data = data.model_copy(
        update={"profiles": [row.model_copy(update={"results": [*row.results, *results]}) for row in data.profiles]}
    )
    found = json.dumps(redacted(data).model_dump(mode="json"), ensure_ascii=False)
    assert name not in found
    assert json.dumps(name)[1:-1] not in found
    assert "quark" not in found.lower()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=3, max_size=30))
def test_no_name_whatever_it_is_made_of_gets_through(name: str) -> None:
    # what stands in the report anyway tells nothing of it
    odd = f"\u0416{name}\u0416"
    assert odd not in str(redacted(data_with(odd)).model_dump())


def test_what_the_fleet_calls_its_own_stays() -> None:
    data = data_with("Quill")
    found = redacted(data)
    assert (found.fleet, found.old_servers, found.new_server) == (data.fleet, data.old_servers, data.new_server)
    assert (found.headline, found.history, found.checks) == (data.headline, data.history, data.checks)
    assert found.redacted
    assert [row.host for row in found.profiles] == ["pc-1"]
    assert found.hosts[0].site == "berlin"


@pytest.mark.parametrize(
    ("version", "expected"), [("1:3.16.7-1~deb13u1", "3.16.7"), ("3.16.7.24567", "3.16.7"), ("Eva", ""), ("", "")]
)
def test_of_a_version_its_numbers_stay(version: str, expected: str) -> None:
    hidden = redacted(data_with("Quill").model_copy(update={"profiles": [row_with(client_installed=version)]}))
    assert hidden.profiles[0].client_installed == expected
    assert expected in {share.name for share in hidden.shares if share.by == "client"} | {""}


def test_a_name_is_the_same_everywhere_and_another_under_another_key() -> None:
    names, others = Pseudonyms(KEY), Pseudonyms(b"other" * 8)
    assert names.person("eva") == Pseudonyms(KEY).person("eva") != others.person("eva")
    assert names.person("eva") != names.person("Eva")
    assert names.path("/home/eva").rpartition("-")[2] == names.person("eva").rpartition("-")[2]
    assert names.person("") == names.path("") == ""


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/home/eva/Nextcloud", "/N/N/N"),
        ("/home/eva/Nextcloud/", "/N/N/N/"),
        ("C:\\Users\\eva\\brief.DOCX", "C:\\N\\N\\N.docx"),
        ("C:/Users/eva", "C:/N/N"),
        ("\\\\filer\\eva", "\\\\N\\N"),
        ("letters/to.eva", "N/N"),
        ("letters.pdf/eva", "N/N"),
        ("../eva/./x.tar.gz", "../N/./N.gz"),
        ("b\udc80d\x00name", "N"),
        (".pdf", "N.pdf"),
    ],
)
def test_a_path_keeps_its_shape_and_the_kind_of_its_file(path: str, shape: str) -> None:
    made = Pseudonyms(KEY).path(path)
    assert re.fullmatch(re.escape(shape).replace("N", "name-[a-z2-7]{12}"), made), made


def result(**more: object) -> CheckResult:
    base = {"check": "own", "answer": "fail", "severity": "error", "message": "eva", "text": "checks.own.message"}
    return CheckResult.model_validate(base | more)


def row_with(**more: object) -> ProfileRow:
    return data_with("Quill").profiles[0].model_copy(update=more)


def profile(**more: object) -> ProfileRow:
    data = data_with("Quill")
    return redacted(data.model_copy(update={"profiles": [row_with(**more)]})).profiles[0]


def test_a_message_is_made_anew_of_its_values() -> None:
    values = {"user": "eva", "count": "1,200", "path": "/home/eva", "server": f"{OLD}/", "note": "eva's"}
    told = profile(results=[result(values=values)]).results[0]
    names = Pseudonyms(KEY)
    assert told.values == {
        "user": names.person("eva"), "count": "1,200", "path": names.path("/home/eva"), "server": f"{OLD}/",
        "note": "…",
    }  # fmt: skip
    assert told.message == WORDS("checks.own.message", **told.values)


def test_a_remedy_is_made_anew_of_the_same_values() -> None:
    told = profile(results=[result(values={"user": "eva"}, do="ask eva", do_text="checks.own.do")]).results[0]
    assert (told.do, told.do_text) == (f"ask {Pseudonyms(KEY).person('eva')}", "checks.own.do")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("host", "pc-1", "pc-1"),
        ("code", "no-permission", "no-permission"),
        ("code", "Eva", ""),
        ("until", "2026-12-31", "2026-12-31"),
        ("version", "3.16.7", "3.16.7"),
        ("reason", "eva's", "…"),
    ],
)
def test_what_is_nobodys_name_stays(key: str, value: str, expected: str) -> None:
    assert profile(results=[result(text="", values={key: value})]).results[0].values == {key: expected}


def test_a_foreign_server_may_bear_its_owners_name() -> None:
    assert profile(results=[result(values={"server": "https://eva.example"})]).results[0].values == {"server": "…"}


def test_an_answer_without_a_text_of_ours_is_told_by_its_check() -> None:
    assert profile(results=[result(text="")]).results[0].message == "Own check"
    waiver = Waiver(who="eva", why="eva is away", until="2026-12-31")
    told = profile(results=[result(text="", answer="waived", waiver=waiver)]).results[0].waiver
    assert told == Waiver(who=Pseudonyms(KEY).person("eva"), why="", until="2026-12-31")


@pytest.mark.parametrize(
    ("do", "code", "expected"),
    [
        ("smartfleet plan --limit pc-1", "state-old", "smartfleet plan --limit pc-1"),
        ("smartfleet fix pc-1", "second-copy", "smartfleet fix pc-1"),
        ("smartfleet apply", "", "smartfleet apply"),
        ("Plan with strategy move.", "strategy-not-offered", "Plan with strategy move."),
        ("Ask Eva.", "strategy-not-offered", "Plan with strategy move."),
        ("Ask Eva.", "Eva", "smartfleet show pc-1"),
        ("smartfleet audit --user eva", "", "smartfleet show pc-1"),
        ("smartfleet show pc-2", "", "smartfleet show pc-1"),
        ("", "keyring-locked", ""),
    ],
)
def test_what_to_do_names_nobody(do: str, code: str, expected: str) -> None:
    assert profile(do=do, code=code).do == expected


def test_a_code_tells_what_its_message_told() -> None:
    told = profile(code="keyring-locked", message="the keyring of eva is locked")
    assert (told.code, told.message) == ("keyring-locked", "keyring locked")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"level": ""}, "not verified yet"),
        ({"verdict": "match", "files": 1200}, "1,200 files compared at level size"),
        ({"verdict": "unknown"}, "what could not be proven stands in the report with names"),
        ({"verdict": "drift", "lost": 2}, "2 files lost or altered, and nothing explains it"),
        ({"verdict": "drift", "lost": 0, "conflicts": 1}, "1 new conflict file"),
        ({"verdict": "drift", "lost": 0, "conflicts": 0}, "the folder is gone"),
    ],
)
def test_why_a_folder_matches_or_not_is_told_by_counts(more: dict[str, object], expected: str) -> None:
    base: dict[str, object] = {"lost": 0, "conflicts": 0, "level": "size"}
    row = row_with().folders[0].model_copy(update=base | more)
    assert isinstance(row, FolderRow)
    assert profile(folders=[row]).folders[0].reason == expected


def test_a_check_without_its_entry_in_the_policy_is_told_by_its_id() -> None:
    data = data_with("Quill").model_copy(update={"checks": []})
    assert {one.message for row in redacted(data).hosts for one in row.results} == {"own"}
    assert CheckInfo.model_fields.keys() >= {"title", "do"}


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / ".smartfleet"
    key = redact_key(state)
    assert redact_key(state) == key
    assert len(key) == 32
    assert (state / "redact.key").stat().st_mode & 0o777 == 0o600
    assert os.listdir(state) == ["redact.key"]  # noqa: PTH208 - the names alone
    assert redact_key(tmp_path / "other") != key


@pytest.mark.parametrize(("text", "mode"), [(b"ab" * 32, 0o640), (b"", 0o600), (b"zz" * 32, 0o600)])
def test_a_key_that_is_none_or_open_to_others_is_refused(tmp_path: Path, text: bytes, mode: int) -> None:
    file = tmp_path / "redact.key"
    file.write_bytes(text)
    file.chmod(mode)
    with pytest.raises(FleetError) as caught:
        redact_key(tmp_path)
    assert caught.value.code == "fleet/redact-key"
    assert caught.value.do


def test_a_key_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(FleetError, match="cannot be used"):
        redact_key(tmp_path / "state")
