"""The report as a page: nothing on it can be broken out of, and every row of its table can be found and opened."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from smartfleet.model.policy import Waiver
from smartfleet.model.report import ReportData
from smartfleet.paths import data_folder
from smartfleet.report.page import figures
from smartfleet.report.page.index import index
from smartfleet.report.page.rows import natural, rows
from smartfleet.report.page.texts import Texts
from smartfleet.report.page.todo import todo
from smartfleet.words import LANGUAGES, Language, load_words
from tests.unit.reported import HOSTILE, check, folder, host, hostile, profile, report, result, words, written

SCRIPTS = sorted((data_folder("templates") / "report" / "page").glob("*.js"))


class Page(HTMLParser):
    """A page as a browser reads it: its elements, what their attributes say, and what its scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.scripts: dict[str, str] = {}
        self.style = ""
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in named.items()]
        for key in ("data-w", "data-w-key"):
            if key in named:
                self.said.append((named[key], json.loads(named.get("data-v", "{}"))))
        self._within = {"script": named.get("id", f"script-{len(self.scripts)}"), "style": "style"}.get(tag, "")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser names it
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "style":
            self.style += data
        elif self._within:
            self.scripts[self._within] = self.scripts.get(self._within, "") + data

    def values(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]

    @property
    def index(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts["index"])
        return found

    def column(self, name: str) -> list[str]:
        values, numbers = self.index["columns"][name]
        return [values[number] for number in numbers]

    def details(self) -> list[dict[str, Any]]:
        chunks = [text for name, text in self.scripts.items() if name.startswith("chunk-")]
        return [one for chunk in chunks for one in json.loads(gzip.decompress(base64.b64decode(chunk)))]


def page(data: ReportData, language: Language = "en") -> Page:
    return Page(written("html", data, language).decode())


@cache
def usual() -> Page:
    return page(report())


@cache
def harmless() -> Page:
    return page(hostile("plain"))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_out_of_the_page(name: str) -> None:
    plain, trapped = harmless(), page(hostile(HOSTILE[name]))
    # a text that is empty is left out with what holds it
    if HOSTILE[name]:
        assert [one for one in trapped.tags if one != "bdi"] == [one for one in plain.tags if one != "bdi"]
    assert set(trapped.tags) <= set(plain.tags)
    assert {name for _, name, _ in trapped.attributes} <= {name for _, name, _ in plain.attributes}
    assert set(trapped.scripts) == set(plain.scripts)
    for sign in ("\x1b", "\x00", "\x07", "\u202e", "\u2028", "\x85"):
        assert sign not in trapped.text
        assert sign not in json.dumps(trapped.details(), ensure_ascii=False)


def test_the_page_asks_for_nothing_and_runs_nothing_but_its_own_script() -> None:
    found = usual()
    assert all(url.startswith("#") for name in ("src", "href", "action", "data") for url in found.values(name))
    assert "style" not in {name for _, name, _ in found.attributes}
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    policy = next(value for value in found.values("content") if "default-src" in value)
    own = [text for name, text in found.scripts.items() if name.startswith("script-")]
    assert len(own) == 2
    for rule, texts in {"style-src": [found.style], "script-src": own}.items():
        allowed = re.search(rf"{rule} ([^;]+)", policy)
        assert allowed
        assert allowed[1].split() == [_hash(text) for text in texts]
    assert policy.startswith("default-src 'none';")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_ids_stand_once() -> None:
    ids = usual().values("id")
    assert len(ids) == len(set(ids))
    assert {"summary", "charts", "todo", "findings", "since", "hosts"} <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_said_in_every_language(language: Language) -> None:
    texts = words(language)
    for key, values in usual().said:
        assert texts(key, **values)
    for key, values in page(hostile("x"), language).said:
        assert texts(key, **values)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_text_that_a_script_says_is_in_the_catalogs(script: Any) -> None:
    texts = load_words("en", data_folder("templates")).texts
    source = script.read_text(encoding="utf-8")
    for key in re.findall(r"""word\("([^"]+)\"""", source):
        assert key in texts
    for beginning in re.findall(r"word\(`([^$`]+)\$", source):
        assert any(key.startswith(beginning) for key in texts)
    for key in re.findall(r"""\bpart\(\s*"([^"]+)\"""", source):
        assert f"page.detail.{key}" in texts


def test_both_languages_are_in_the_page() -> None:
    german = page(report(), "de")
    assert german.attributes[german.tags.index("html")] == ("html", "lang", "de")
    assert "Rechner und Profile" in german.text.partition('id="words"')[0]
    for found in (usual(), german):
        both = json.loads(found.scripts["words"])
        assert (both["en"]["page.hosts.heading"], both["de"]["page.hosts.heading"]) == (
            "Hosts and profiles",
            "Rechner und Profile",
        )
        assert both["en"].keys() == both["de"].keys()


def test_every_row_opens_to_its_own_details() -> None:
    many = [host(f"pc-{number}") for number in range(1, 251)]
    data = report(hosts=many, profiles=[profile(one.host, f"user of {one.host}") for one in many])
    found = page(data)
    details = found.details()
    assert found.index["perChunk"] == 100
    assert len([name for name in found.scripts if name.startswith("chunk-")]) == 3
    assert found.column("host") == [f"pc-{number}" for number in range(1, 251)]
    assert [one["host"]["host"] for one in details] == found.column("host")
    assert [one["profile"]["user"] for one in details] == found.column("user")
    assert len(found.index["seen"]) == len(found.index["paths"]) == len(details) == 250


def test_hosts_without_a_profile_have_a_row() -> None:
    found = usual()
    assert found.column("name") == ["pc-1/eva", "pc-2/bo", "pc-3"]
    assert found.column("state") == ["new", "old", "never-seen"]
    assert found.column("standing") == ["compliant", "violated", "violated"]
    assert found.column("verdict") == ["match", "drift", ""]
    assert found.index["seen"][2] == 0
    assert found.details()[2]["profile"] is None


def test_two_profiles_of_a_user_have_two_names() -> None:
    twice = [profile(), profile(config_path="/home/eva/other.cfg")]
    assert [row.name for row in rows(report(profiles=twice, hosts=[host()]))] == ["pc-1/eva", "pc-1/eva/2"]


@pytest.mark.parametrize(
    ("answers", "standing"),
    [
        ([], "compliant"),
        ([("fail", "warning")], "warned"),
        ([("unknown", "note")], "warned"),
        ([("waived", "error")], "compliant"),
        ([("unknown", "error")], "unproven"),
        ([("unknown", "error"), ("fail", "error")], "violated"),
    ],
)
def test_what_a_row_stands_for(answers: list[tuple[str, str]], standing: str) -> None:
    results = [result("old-server", answer, severity=severity) for answer, severity in answers]
    for data in (
        report(hosts=[host(results=results)], profiles=[profile()]),
        report(hosts=[host()], profiles=[profile(results=results)]),
        report(hosts=[host()], profiles=[profile(folders=[folder(), folder(results=results)])]),
    ):
        assert [row.standing for row in rows(data)] == [standing]


def test_rows_are_found_by_their_answers() -> None:
    data = report()
    found = index(rows(data), data.checks, 100)
    ids = [one["id"] for one in found["checks"]]
    assert found["answers"] == {
        "fail": [[], [ids.index("old-server"), ids.index("folder-verdict")], [ids.index("host-seen")]],
        "unknown": [[], [], [ids.index("client-too-old")]],
        "waived": [[], [ids.index("client-too-old")], []],
    }


def test_columns_that_say_nothing_are_left_out() -> None:
    assert {"site", "wave"} <= set(usual().values("data-column"))
    found = page(report(hosts=[host(site="", wave="")], profiles=[profile()]))
    assert not {"site", "wave"} & set(found.values("data-column"))


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["pc-10", "pc-9", "PC-1"], ["PC-1", "pc-9", "pc-10"]),
        (["b", "a", "1"], ["1", "a", "b"]),
        (["a²", "a1", "a"], ["a", "a1", "a²"]),
        (["9" * 5000, "10"], ["10", "9" * 5000]),
        (["x007", "x7", "x08"], ["x007", "x7", "x08"]),
    ],
    ids=["numbers", "letters", "no-digit", "long", "zeros"],
)
def test_names_sort_as_people_count(names: list[str], ordered: list[str]) -> None:
    assert sorted(names, key=natural) == ordered


def test_figures_add_up_and_lead_to_their_rows() -> None:
    cards = {card.key: card for card in figures.cards(report())}
    assert {key: (card.count, card.whole, card.note) for key, card in cards.items()} == {
        "seen": (2, 3, 1),
        "new": (1, 2, 0),
        "old": (1, None, 0),
        "match": (1, 2, 1),
        "trouble": (0, None, 0),
        "violations": (3, None, 0),
    }
    nothing = report(hosts=[], profiles=[], checks=[])
    unseen = nothing.headline.model_copy(
        update={
            "hosts": 3,
            "hosts_seen": 0,
            "profiles": 0,
            "on_old_server": 0,
            "outcomes": {},
            "folders": 0,
            "verdicts": {},
        }
    )
    assert {card.tone for card in figures.cards(nothing.model_copy(update={"headline": unseen}))} == {"none"}
    filters = set(
        re.findall(r'"(\w+)"', (SCRIPTS[0].parent / "state.js").read_text().partition("[")[2].partition("]")[0])
    )
    for link in usual().values("data-set"):
        assert {field.partition("=")[0] for field in link.split("&")} <= filters | {"q", "open"}


def test_a_share_is_rounded_down() -> None:
    texts = Texts(words("de"))
    assert str(texts.percent(9999, 10_000)).endswith(">99,9 %</span>")
    assert str(texts.percent(0, 0)).endswith(">0,0 %</span>")
    assert str(texts.number(1_234_567)) == '<span data-n="1234567">1.234.567</span>'


def test_findings_stand_by_severity_the_most_failures_first() -> None:
    checks = [
        check("host-seen", "host", passed=3),
        check("old-server", "profile", failed=1),
        check("second-copy", "profile", "warning", unknown=2),
        check("new-account", "profile", failed=5),
    ]
    groups = figures.findings(checks)
    assert [(group.severity, [one.check.check for one in group.checks]) for group in groups] == [
        ("error", ["new-account", "old-server"]),
        ("warning", ["second-copy"]),
    ]
    asked_of_nothing = check("autostart", "profile")
    assert [one.check.check for one in figures.clean([*checks, asked_of_nothing])] == ["host-seen"]
    assert figures.unasked([*checks, asked_of_nothing]) == [asked_of_nothing]


def test_waivers_stand_together_those_that_are_over_first() -> None:
    accepted = Waiver(who="Ada", why="retired in March", until="2027-03-31")
    over = accepted.model_copy(update={"until": "2026-01-31"})
    holds = result("autostart", "waived", waiver=accepted)
    data = report(
        hosts=[host("pc-1"), host("pc-2", results=[result("host-trust", waiver=over)])],
        profiles=[
            profile("pc-1", results=[holds]),
            profile("pc-1", "bo", results=[holds]),
            profile("pc-2", folders=[folder(results=[holds, result("folder-moved")])]),
        ],
    )
    assert [(one.check, one.waiver.until, one.holds, one.hosts) for one in figures.waivers(data)] == [
        ("host-trust", "2026-01-31", False, 1),
        ("autostart", "2027-03-31", True, 2),
    ]
    assert "over since 2026-01-31" in page(data).text


def test_what_is_to_be_done_stands_with_every_reason_for_it() -> None:
    waits = [
        profile(f"pc-{number}", outcome="waiting-session", message=f"user {number} is away", do="smartfleet queue run")
        for number in range(12)
    ]
    drift = [result("folder-verdict", do="smartfleet show pc-99")]
    drifted = profile("pc-99", folders=[folder(verdict="drift", results=drift)], do="smartfleet show pc-99")
    first, second = todo(report(hosts=[host(one.host) for one in [*waits, drifted]], profiles=[*waits, drifted]))
    assert (first.do, first.severity, first.count) == ("smartfleet show pc-99", "error", 1)
    assert [(reason.check or reason.outcome, reason.verdict, count) for reason, count in first.reasons] == [
        ("moved", "drift", 1),
        ("folder-verdict", None, 1),
    ]
    assert [reason.show for reason, _ in first.reasons] == [
        "code=moved&outcome=moved&verdict=drift",
        "check=folder-verdict&answer=fail",
    ]
    assert (second.do, second.severity, second.count, second.more) == ("smartfleet queue run", "warning", 12, 4)
    assert second.who[:2] == [("pc-0", "eva"), ("pc-1", "eva")]
    assert second.who[-1] == ("pc-7", "eva")
    assert second.message == ""


def test_hosts_that_nobody_has_looked_at_are_something_to_do() -> None:
    never = result("host-seen", do="smartfleet audit --limit {}", do_text="checks.do.audit")
    hosts = [
        host(name, reason="never-seen", results=[never.model_copy(update={"do": f"smartfleet audit --limit {name}"})])
        for name in ("pc-10", "pc-9")
    ]
    (only,) = todo(report(hosts=hosts, profiles=[]))
    assert (only.do, only.do_text, only.who) == (
        "smartfleet audit --limit pc-9,pc-10",
        "",
        [("pc-9", ""), ("pc-10", "")],
    )


def test_a_state_is_no_reason_beside_what_a_check_found() -> None:
    untried = {"state": "old", "outcome": "unknown", "code": "state-old", "do": "smartfleet plan --limit pc-1"}
    failing = result("old-server", do="smartfleet plan --limit pc-1")
    (judged,) = todo(report(hosts=[host()], profiles=[profile(**untried, results=[failing])]))
    (unjudged,) = todo(report(hosts=[host()], profiles=[profile(**untried)]))
    assert [reason.check for reason, _ in judged.reasons] == ["old-server"]
    assert [(reason.check, reason.outcome) for reason, _ in unjudged.reasons] == [("", "unknown")]


def test_waived_checks_are_nothing_to_do() -> None:
    waived = result("host-seen", "waived", do="smartfleet audit --limit pc-1")
    assert todo(report(hosts=[host(results=[waived])], profiles=[])) == []


def test_a_deed_of_people_is_said_in_their_language() -> None:
    told = result("autostart", do="Have the user tick it.", do_text="checks.autostart.do", values={"host": "pc-1"})
    data = report(hosts=[host()], profiles=[profile(results=[told])])
    assert "Bitten Sie" in page(data, "de").text.partition('id="findings"')[0]


def test_a_sentence_with_a_command_in_it_stands_once_for_all_hosts() -> None:
    asks = "Ask the user. If not, smartfleet show {} tells the rest."
    rows = [
        profile(name, folders=[folder(results=[result("folder-moved", do=asks.format(name), values={"host": name})])])
        for name in ("pc-1", "pc-2")
    ]
    (both,) = todo(report(hosts=[host("pc-1"), host("pc-2")], profiles=rows))
    (only,) = todo(report(hosts=[host("pc-1")], profiles=rows[:1]))
    assert (both.do, both.values["host"], both.count) == (asks.format("HOST"), "HOST", 2)
    assert (only.do, only.values["host"]) == (asks.format("pc-1"), "pc-1")


def test_own_checks_say_their_texts_themselves() -> None:
    own = check("kiosk", "host", failed=1)
    own = own.model_copy(update={"check": own.check.model_copy(update={"source": "own", "title": "No kiosk"})})
    found = page(report(checks=[own]))
    assert "No kiosk" in found.text.partition('id="words"')[0]
    assert found.index["checks"] == [{"id": "kiosk", "severity": "error", "title": "No kiosk"}]


def test_an_empty_fleet_says_what_to_do() -> None:
    empty = report(hosts=[], profiles=[], checks=[], history=[], shares=[], since=None)
    found = page(empty.model_copy(update={"headline": empty.headline.model_copy(update={"hosts": 0})}))
    assert "smartfleet audit" in found.text
    assert found.index["seen"] == []
    assert not [name for name in found.scripts if name.startswith("chunk-")]
