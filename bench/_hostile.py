"""A report in which every text that a host, a user or a file can choose is a trap. Nothing in it may run or vanish."""

from __future__ import annotations

from bench._answers import fail
from bench._reports import NEW, assembled, report
from smartfleet.model.assessment import Finding, SecondCopy
from smartfleet.model.report import FolderRow, HostRow, ProfileRow, ReportData
from smartfleet.model.results import Difference, Proof, Step

TRAPS = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--",
    "]]>",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\t=1+1",
    "exe\u202egnp.txt",
    "line one\nline two\r\nline three",
    "\x1b[2J\x1b]0;title\x07red",
    "nul\x00here",
    "lone \udce4 surrogate",
    "&lt;b&gt; &amp;",
    "{{ 7*7 }} {name} %s ${x}",
    "| a | b |\n|---|---|",
    "[link](javascript:alert(1)) `code` **bold**",
    'label="x",y="\\',
    "\u2028next\u2029par",
    "a" * 300,
    "",
    " leading and trailing ",
    "#hosts?q=&open=%2F",
    "e\u0301 \U0001d518 \U0001f469\u200d\U0001f680",
    "eva\u3164\u2800\ufe0f\U000e0100",
    "z" + "\u0301" * 200,
    "\x9b31m\x85\x7f\u2066\ufeff",
    "\uff1d1+1",
    "\u3000;=1+1",
    "x\r\nBcc: a@example.org\r\n\r\nbody",
    "=?utf-8?B?PGI+?=",
    "]]]]><![CDATA[>",
    "__proto__",
    "_x0041_",
)
_HOST = "trap-{number:02}-{text}"


def hostile() -> ReportData:
    """One host for each trap, and the warnings, servers and parts of a fleet named by traps too."""
    rows, profiles = [], []
    for number, trap in enumerate(TRAPS):
        name = _HOST.format(number=number, text=trap)
        profiles.append(_profile(name, trap))
        rows.append(_host(name, trap, profiles[-1]))
    usual = report(40)
    data = assembled([*rows, *usual.hosts], [*profiles, *usual.profiles], history=usual.history, since=usual.since)
    return data.model_copy(
        update={
            "fleet": TRAPS[0],
            "old_servers": [f"https://old.example.org/{TRAPS[1]}"],
            "new_server": f"{NEW}/{TRAPS[2]}",
            "warnings": [Finding(code="trap", severity="warning", message=trap, do=trap) for trap in TRAPS],
        }
    )


def _host(name: str, trap: str, profile: ProfileRow) -> HostRow:
    return HostRow(
        host=name,
        os=profile.os,
        distribution=trap,
        site=trap,
        wave=trap,
        clients=[trap],
        audited=profile.audited,
        last_seen=profile.audited,
        results=[fail(name, "host-seen.incomplete", code=trap)],
        passed=["host-trust"],
    )


def _profile(host: str, trap: str) -> ProfileRow:
    return ProfileRow(
        host=host,
        os="linux",
        user=trap,
        config_path=f"/home/{trap}/nextcloud.cfg",
        distribution=trap,
        client_version=trap,
        client_installed=trap,
        state="old",
        outcome="failed",
        code="trap",
        message=trap,
        do=f"smartfleet show {trap}",
        audited=1_789_900_000.0,
        folders=[_folder(host, trap)],
        steps=[Step(step=trap, state="failed", seconds=1.5, detail=trap)],
        proofs=[Proof(proof="config", state="failed", detail=trap)],
        second_copies=[
            SecondCopy(account="0", local_path=trap, other_account="1", other_path=trap, bytes_wasted=123_456)
        ],
        findings=[Finding(code="trap", severity="warning", message=trap, do=trap)],
        results=[
            fail(host, "old-server.one", login=trap, server=trap),
            fail(host, "second-copy.found", path=trap, other=trap),
        ],
        passed=["signed-in"],
    )


def _folder(host: str, trap: str) -> FolderRow:
    return FolderRow(
        local_path=f"/home/{trap}",
        files=7,
        bytes=1_000,
        placeholders=2,
        virtual_files=trap,
        verdict="drift",
        reason=trap,
        level="journal",
        lost=1,
        conflicts=1,
        examples=[Difference(path=trap, kind="lost", detail=trap)],
        results=[fail(host, "folder-moved.found", before=trap, path=trap)],
        passed=["pending-uploads"],
    )
