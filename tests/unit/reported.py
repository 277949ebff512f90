"""Reports for tests of the forms: a plain one, and one in which a hostile name stands wherever text can stand."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import cache
from typing import Any

from smartfleet.model.diff import DiffDocument, HostChange, Moment
from smartfleet.model.policy import CheckCount, CheckInfo, CheckResult, Waiver
from smartfleet.model.report import FolderRow, Headline, HostRow, Point, ProfileRow, ReportData, Share
from smartfleet.paths import data_folder
from smartfleet.report.writers import FORMS, FormName
from smartfleet.words import Language, Words, load_words
from tests.unit.planted import Place, planted

CREATED = datetime(2026, 11, 22, 16, 0, tzinfo=UTC).timestamp()
AUDITED = datetime(2026, 11, 22, 15, 30, 5, tzinfo=UTC).timestamp()
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "quotes": "a'\"b`c``d",
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1+1",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd",
    "blank-formula": "  =1+1",
    "wide-formula": "\uff1d1+1",
    "next-cell": 'a;"=1+1",=2',
    "tab-cell": "a\t=1+1",
    "right-to-left": "x\u202egpj.exe",
    "newline": "line\nbreak\r\n=1+1",
    "separators": "a\u2028b\u2029c\x85d",
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "surrogate": "\udc80\ud800",
    "nul": "a\x00b",
    "no-character": "a\uffffb\ufffe",
    "template": "{{ 7*7 }} {% raw %} {host} %s",
    "workbook": "<r><t>x</t></r>",
    "workbook-escape": "_x000A_",
    "markup": "]]>&amp;&#60;--><!--",
    "markdown": "[x](javascript:alert(1)) ![y](http://evil.example/p.png) **b** _i_ ~~s~~ | # h",
    "link": "https://evil.example/ www.evil.example <https://evil.example> mail@evil.example",
    "mention": "@everyone #1 :smile: $x$",
    "backslash": "a\\",
    "list": "- [ ] 1. > # x",
    "metric": 'a"} 1\nsmartfleet_hosts{x="y',
    "long": "ä" * 40_000,
    "empty": "",
}


@cache
def words(language: Language = "en") -> Words:
    return load_words(language, data_folder("templates"))


def written(form: FormName, data: ReportData, language: Language = "en") -> bytes:
    out = io.BytesIO()
    FORMS[form].write(data, out, words(language))
    return out.getvalue()


def hostile(name: str) -> ReportData:
    """One of everything, and every free text is `name`."""

    def text(_place: Place) -> str:
        return name

    return planted(ReportData, text, {("ReportData", "schema_"): "smartfleet.report/1"})


def result(check: str, answer: str = "fail", **more: Any) -> CheckResult:
    base = {"check": check, "answer": answer, "severity": "error", "message": f"{check} is not as it should be"}
    return CheckResult.model_validate(base | more)


def folder(**more: Any) -> FolderRow:
    base = {
        "local_path": "/home/eva/Büro", "files": 3, "bytes": 3000, "placeholders": 0, "virtual_files": "off",
        "verdict": "match", "reason": "3 of 3 files are equal", "level": "journal", "passed": ["folder-verdict"],
    }  # fmt: skip
    return FolderRow.model_validate(base | more)


def profile(host: str = "pc-1", user: str = "eva", **more: Any) -> ProfileRow:
    base = {
        "host": host, "os": "linux", "user": user, "config_path": f"/home/{user}/nextcloud.cfg",
        "client_version": "3.7.3", "client_installed": "3.16.7", "state": "new", "outcome": "moved", "code": "",
        "message": "", "do": "", "audited": AUDITED, "folders": [folder()], "steps": [], "proofs": [],
        "second_copies": [], "findings": [], "passed": ["old-server"],
    }  # fmt: skip
    return ProfileRow.model_validate(base | more)


def host(name: str = "pc-1", **more: Any) -> HostRow:
    base = {
        "host": name, "os": "linux", "distribution": "debian 12", "site": "Berlin", "wave": "canary",
        "clients": ["3.16.7"], "audited": AUDITED, "last_seen": AUDITED + 60, "compliant": True,
        "passed": ["host-seen"],
    }  # fmt: skip
    return HostRow.model_validate(base | more)


def check(name: str, scope: str, severity: str = "error", **more: Any) -> CheckCount:
    info = {
        "check": name, "title": f"title of {name}", "why": "why", "do": "do", "severity": severity, "scope": scope,
    }  # fmt: skip
    return CheckCount(check=CheckInfo.model_validate(info), **more)


def report(**more: Any) -> ReportData:
    """A host that is fine, one with a profile on the old server and a waiver, and one that was never seen."""
    waiver = Waiver(who="Ada", why="retired in March", until="2027-03-31")
    base: dict[str, Any] = {
        "created": CREATED,
        "fleet": "demo",
        "old_servers": ["https://old.example"],
        "new_server": "https://mein.smartde.coop",
        "headline": Headline(
            hosts=3, hosts_seen=2, hosts_compliant=1, profiles=2, on_old_server=1,
            outcomes={"moved": 1, "unknown": 1}, folders=2, verdicts={"match": 1, "drift": 1}, bytes_in_folders=6000,
        ),
        "profiles": [
            profile(),
            profile(
                "pc-2", "bo", state="old", outcome="unknown", code="state-old", passed=[],
                message="The account still uses the old server.", do="smartfleet plan --limit pc-2",
                results=[result("old-server", do="smartfleet plan --limit pc-2")],
                folders=[folder(verdict="drift", lost=1, reason="1 file is lost", passed=[], results=[
                    result("folder-verdict", do="smartfleet show pc-2")])],
            ),
        ],
        "hosts": [
            host(),
            host("pc-2", compliant=False, passed=[], results=[
                result("client-too-old", "waived", severity="warning", waiver=waiver)]),
            host("pc-3", compliant=False, reason="never-seen", audited=None, last_seen=None, clients=[], passed=[],
                 results=[result("host-seen", do="smartfleet audit --limit pc-3"),
                          result("client-too-old", "unknown", severity="warning")]),
        ],
        "checks": [
            check("host-seen", "host", passed=2, failed=1),
            check("client-too-old", "host", "warning", passed=1, unknown=1, waived=1),
            check("old-server", "profile", passed=1, failed=1),
            check("folder-verdict", "folder", passed=1, failed=1),
        ],
        "history": [
            Point(run="r1", verb="audit", at=CREATED - 7200, hosts=2, compliant=0, profiles=2, on_new_server=0,
                  on_old_server=2),
            Point(run="r2", verb="apply", at=CREATED - 3600, hosts=2, compliant=1, profiles=2, on_new_server=1,
                  on_old_server=1),
        ],
        "shares": [Share(by="site", name="Berlin", hosts=3, compliant=1, profiles=2, outcomes={"moved": 1})],
        "since": DiffDocument(
            before=Moment(run="r1", at=CREATED - 7200), after=Moment(run="", at=CREATED), hosts_new=["pc-3"],
            hosts_gone=["pc-9"], hosts_changed=[HostChange(host="pc-1", compliant=True, checks=[])],
            checks_changed=[], folders_changed=[],
        ),
        "warnings": [],
    }  # fmt: skip
    return ReportData.model_validate(base | more)
