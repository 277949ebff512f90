"""The report on a terminal: figures, checks, parts of the fleet, what is left to do. Other forms have all rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.model.policy import CheckCount, CheckResult
from smartfleet.model.report import Headline, HostRow, ProfileRow, ReportData, Share
from smartfleet.model.results import WORST_FIRST
from smartfleet.report.deeds import Deed, deeds, of_all, of_any
from smartfleet.report.subjects import Subject, by_host, of_host
from smartfleet.report.terminal.diff import diff
from smartfleet.report.terminal.parts import (
    MOST,
    Indented,
    Remark,
    counted,
    host_lists,
    number,
    remarks,
    section,
    stack,
    table,
    text,
    told,
    when,
    word,
)
from smartfleet.text import bytes_text, number_of

# a longer table tells nobody anything, and nobody hands more names to --limit
_ROWS = 50
_NAMES = 5
_SEVERITIES = ("error", "warning", "note")
_KINDS = {"wave": "Waves", "site": "Sites", "os": "Systems", "client": "Clients"}


def report(document: ReportData) -> RenderableType:
    warnings = (Remark(one.severity, one.code, document.fleet, one.message, one.do) for one in document.warnings)
    return stack(
        Text.assemble((text(document.fleet).plain, "bold"), f", {when(document.created)}"),
        headline(document.headline),
        remarks("About the fleet", warnings),
        _checks(document.checks),
        _found(document),
        Group(Text("What changed", style="bold"), Indented(diff(document.since))) if document.since else None,
        *_shares(document.shares),
        _profiles(document.profiles),
        section("Hosts without a profile", *_bounded(_without_profile(document.hosts))),
        section("What is left to do", *_bounded(_deed(one) for one in deeds(document.profiles))),
        _hosts(document),
    )


def headline(head: Headline) -> Group:
    return Group(
        Text(f"{head.hosts_seen:,} of {head.hosts:,} hosts seen, {number_of(head.profiles, 'profile')}"),
        Text(f"{head.hosts_compliant:,} of {head.hosts:,} hosts compliant"),
        Text(f"{number_of(head.on_old_server, 'profile')} still on an old server"),
        Text.assemble("outcomes: ", counted(head.outcomes.items())),
        Text.assemble(
            f"{number_of(head.folders, 'folder')}, {bytes_text(head.bytes_in_folders)}: ",
            counted(head.verdicts.items()),
        ),
    )


def _checks(counts: Sequence[CheckCount]) -> RenderableType | None:
    """Those that did not pass everywhere; of the others their number."""
    rows = [one for one in counts if one.failed or one.unknown or one.waived]
    made = table("severity", "check", *(figures := ("failed", "unknown", "waived", "passed")), "", right=figures)
    for one in sorted(rows, key=lambda one: (_SEVERITIES.index(one.check.severity), -one.failed, -one.unknown)):
        shown = [number(count) for count in (one.failed, one.unknown, one.waived, one.passed)]
        made.add_row(word(one.check.severity), text(one.check.check, "bold"), *shown, text(one.check.title))
    clean = len(counts) - len(rows)
    passed = [Text(f"{number_of(clean, 'check')} passed everywhere")] if clean else []
    return section("Checks", *([made] if rows else []), *passed)


def _found(document: ReportData) -> RenderableType | None:
    """Where checks fail, and where one whose failure would count cannot tell; with what mends it."""
    found: dict[tuple[str, str], list[tuple[Subject, CheckResult]]] = defaultdict(list)
    for host, profiles in by_host(document):
        for subject in of_host(host, profiles):
            for result in subject.results:
                if result.answer == "fail" or (result.answer == "unknown" and result.severity == "error"):
                    found[result.check, result.answer].append((subject, result))
    checks = sorted((one.check for one in document.checks), key=lambda check: _SEVERITIES.index(check.severity))
    places = [(check.check, answer) for check in checks for answer in ("fail", "unknown")]
    return section("What was found", *(_finding(found[place]) for place in places if place in found))


def _finding(found: Sequence[tuple[Subject, CheckResult]]) -> Group:
    (_, first), places = found[0], [_place(subject) for subject, _ in found]
    head = told(word(first.severity), text(first.check, "bold"), word(first.answer))
    remedies: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for subject, result in found:
        remedies[of_any(result.do, subject.host)].append((result.do, subject.host))
    # what helps most of them: a few may need something else, as the other forms tell of each
    do, those = max(remedies.items(), key=lambda remedy: len(remedy[1]))
    lines: list[RenderableType] = [Text.assemble(head, ": ", text(_names(places)))]
    if do:
        lines.append(Text.assemble("  do: ", text(of_all(do, those[0][0], (host for _, host in those)), "italic")))
    return Group(*lines)


def _place(subject: Subject) -> str:
    return " ".join(filter(None, (subject.host, subject.user, subject.folder)))


def _names(places: Sequence[str]) -> str:
    more = f" and {len(places) - _NAMES:,} more" if len(places) > _NAMES else ""
    return ", ".join(places[:_NAMES]) + more


def _shares(shares: Sequence[Share]) -> Iterator[RenderableType | None]:
    """A kind of part that all hosts share says nothing."""
    for by, title in _KINDS.items():
        parts = [share for share in shares if share.by == by]
        if len(parts) > 1:
            yield section(title, _parts(parts[:MOST]), *_more(len(parts) - MOST))


def _parts(parts: Sequence[Share]) -> Table:
    made = table("", "hosts", "compliant", "profiles", "outcomes", right=("hosts", "compliant", "profiles"))
    for part in parts:
        figures = [number(count) for count in (part.hosts, part.compliant, part.profiles)]
        made.add_row(text(part.name or "not known"), *figures, counted(part.outcomes.items()))
    return made


def _profiles(rows: Sequence[ProfileRow]) -> RenderableType | None:
    """All of a small fleet; of a large one the worst of those with something left to do."""
    if not rows:
        return None
    shown = rows
    if len(rows) > _ROWS:
        shown = sorted((row for row in rows if row.do), key=lambda row: WORST_FIRST.index(row.outcome))[:MOST]
    made = table("host", "user", "server", "outcome", "folders", "next")
    for row in shown:
        folders = Text(", ").join(word(folder.verdict) for folder in row.folders)
        made.add_row(
            text(row.host), text(row.user), word(row.state), word(row.outcome), folders, text(row.do or row.message)
        )
    return Group(*([made] if shown else []), *_more(len(rows) - len(shown), ": smartfleet report --out report.html"))


def _without_profile(hosts: Iterable[HostRow]) -> Iterator[Text]:
    for row in hosts:
        if row.reason:
            yield Text.assemble(text(row.host, "bold"), f": {row.reason.replace('-', ' ')} ", text(row.message))


def _deed(deed: Deed) -> Group:
    first, count = deed.first, len(deed.profiles)
    names = _names([f"{row.host} {row.user}" for row in deed.profiles])
    head = told(word(first.outcome), text(first.code, "bold"), Text(f"({number_of(count, 'profile')}):"), text(names))
    return Group(
        head,
        *([text(f"  {first.message}")] if first.message else []),
        Text.assemble("  do: ", text(deed.do, "italic")),
    )


def _hosts(document: ReportData) -> RenderableType | None:
    """Lists that a command can be given; longer ones are in the other forms."""
    by_word: dict[str, dict[str, None]] = defaultdict(dict)
    for host in document.hosts:
        if not host.compliant:
            by_word["not compliant"][host.host] = None
    for row in document.profiles:
        by_word[row.outcome][row.host] = None
    return host_lists((name, host) for name, hosts in by_word.items() if len(hosts) <= _ROWS for host in hosts)


def _bounded(lines: Iterable[RenderableType]) -> list[RenderableType]:
    found = list(lines)
    return [*found[:MOST], *_more(len(found) - MOST)]


def _more(count: int, where: str = "") -> list[Text]:
    return [Text(f"and {count:,} more{where}")] if count > 0 else []
