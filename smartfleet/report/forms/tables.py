"""The report as tables: columns with typed cells, and rows one after the other. For spreadsheets and databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from smartfleet.model.policy import CheckResult
from smartfleet.model.report import HostRow, ProfileRow, ReportData
from smartfleet.report.subjects import Subject, by_host, message, of_host, of_profile, remedy, title
from smartfleet.words import Words

Cell = str | int | bool | datetime | date | None
"""Text as it came from the host: who writes it makes it safe. Times are in UTC."""


@dataclass(frozen=True)
class Table:
    """`name` and `columns` are stable English; their headings are in the catalog ``forms``."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[ReportData, Words], Iterator[tuple[Cell, ...]]]


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)


def answered(subjects: Iterator[Subject], answer: str) -> str:
    """Ids of the checks that were answered so at least once, in the order of the policy."""
    ids = (result.check for subject in subjects for result in subject.results if result.answer == answer)
    return " ".join(dict.fromkeys(ids))


def _hosts(data: ReportData, _words: Words) -> Iterator[tuple[Cell, ...]]:
    for host, profiles in by_host(data):
        asked = list(of_host(host, profiles))
        yield (
            *(host.host, host.compliant, host.os, host.distribution, host.site, host.wave, " ".join(host.clients)),
            *(len(profiles), moment(host.audited), moment(host.last_seen)),
            *(answered(iter(asked), answer) for answer in ("fail", "unknown", "waived")),
            *(host.reason, host.message),
        )


def _profiles(data: ReportData, _words: Words) -> Iterator[tuple[Cell, ...]]:
    for profile in data.profiles:
        yield (
            *(profile.host, profile.user, profile.config_path, profile.client_installed or profile.client_version),
            *(profile.session, profile.state, profile.outcome, profile.code, *_sizes(profile)),
            *_answers(profile),
            *(profile.restart_pending, moment(profile.audited), profile.do, profile.message),
        )


def _sizes(profile: ProfileRow) -> Iterator[int]:
    """Folders, those that match, that drifted, that nobody verified; their files and bytes."""
    folders = profile.folders
    yield len(folders)
    for verdict in ("match", "drift", "unknown"):
        yield sum(folder.verdict == verdict for folder in folders)
    yield sum(folder.files for folder in folders)
    yield sum(folder.bytes for folder in folders)


def _answers(profile: ProfileRow) -> Iterator[str]:
    return (answered(of_profile(profile), answer) for answer in ("fail", "unknown", "waived"))


def _folders(data: ReportData, _words: Words) -> Iterator[tuple[Cell, ...]]:
    for profile in data.profiles:
        for folder in profile.folders:
            yield (
                *(profile.host, profile.user, profile.config_path, folder.local_path, folder.files, folder.bytes),
                *(folder.placeholders, folder.virtual_files, folder.verdict, folder.level, folder.synced),
                *(folder.user_changes, folder.lost, folder.conflicts, folder.reason),
            )


def _findings(data: ReportData, words: Words) -> Iterator[tuple[Cell, ...]]:
    titles = {count.check.check: title(count.check, words) for count in data.checks}
    for host, profiles in by_host(data):
        for subject in of_host(host, profiles):
            for result in subject.results:
                yield (
                    *(result.severity, result.answer, result.check, titles.get(result.check, "")),
                    *(subject.host, subject.user, subject.config_path, subject.folder),
                    *(message(result, words), remedy(result, words), *_waiver(result)),
                )


def _waiver(result: CheckResult) -> tuple[Cell, ...]:
    if result.waiver is None:
        return None, None, None
    return result.waiver.who, result.waiver.why, _day(result.waiver.until)


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _history(data: ReportData, _words: Words) -> Iterator[tuple[Cell, ...]]:
    for point in data.history:
        yield (
            *(moment(point.at), point.run, point.verb, point.hosts, point.compliant, point.profiles),
            *(point.on_new_server, point.on_old_server),
        )


def _changes(data: ReportData, _words: Words) -> Iterator[tuple[Cell, ...]]:
    since = data.since
    if since is None:
        return
    for host in since.hosts_new:
        yield "host-new", host, *[""] * 6
    for host in since.hosts_gone:
        yield "host-gone", host, *[""] * 6
    for changed in since.hosts_changed:
        yield "compliant" if changed.compliant else "fell-back", changed.host, *[""] * 6
    for check in (*(check for host in since.hosts_changed for check in host.checks), *since.checks_changed):
        yield "check", check.host, check.user, check.config_path, check.folder, check.check, check.before, check.after
    for folder in since.folders_changed:
        where = (folder.host, folder.user, folder.config_path, folder.local_path)
        yield "folder", *where, "", folder.before, folder.after


def _everything(data: ReportData, _words: Words) -> Iterator[tuple[Cell, ...]]:
    for host, profiles in by_host(data):
        where: tuple[Cell, ...] = (host.host, host.compliant, host.os, host.distribution, host.site, host.wave)
        times = (moment(host.audited), moment(host.last_seen))
        if not profiles:
            yield *where, *times, *_without_profile(host)
        for profile in profiles:
            yield *where, *times, *_with_profile(host, profile)


def _without_profile(host: HostRow) -> tuple[Cell, ...]:
    answers = (answered(of_host(host, []), answer) for answer in ("fail", "unknown", "waived"))
    return (*[""] * 5, host.reason, *[None] * 6, *answers, "", host.message)


def _with_profile(host: HostRow, profile: ProfileRow) -> tuple[Cell, ...]:
    answers = (answered(of_host(host, [profile]), answer) for answer in ("fail", "unknown", "waived"))
    client = profile.client_installed or profile.client_version
    standing = (profile.user, profile.config_path, client, profile.state, profile.outcome, profile.code)
    return (*standing, *_sizes(profile), *answers, profile.do, profile.message)


_SIZES = ("folders", "match", "drift", "unverified", "files", "bytes")
_ANSWERS = ("failed", "unknown", "waived")
_HOST = ("host", "compliant", "os", "distribution", "site", "wave")
_PROFILE = ("host", "user", "config_path")

HOSTS = Table("hosts", (*_HOST, "clients", "profiles", "audited", "last_seen", *_ANSWERS, "reason", "message"), _hosts)
PROFILES = Table(
    "profiles",
    (
        *(*_PROFILE, "client_version", "logged_on", "state", "outcome", "code", *_SIZES, *_ANSWERS),
        *("restart_pending", "audited", "do", "message"),
    ),
    _profiles,
)
FOLDERS = Table(
    "folders",
    (
        *(*_PROFILE, "folder", "files", "bytes", "placeholders", "virtual_files", "verdict", "level", "synced"),
        *("user_changes", "lost", "conflicts", "reason"),
    ),
    _folders,
)
FINDINGS = Table(
    "findings",
    (
        *("severity", "answer", "check", "title", *_PROFILE, "folder", "message", "do"),
        *("waived_by", "waived_why", "waived_until"),
    ),
    _findings,
)
HISTORY = Table(
    "history",
    ("ended", "run", "verb", "hosts", "hosts_compliant", "profiles", "on_new_server", "on_old_server"),
    _history,
)
CHANGES = Table("changes", ("change", *_PROFILE, "folder", "check", "before", "after"), _changes)
EVERYTHING = Table(
    "everything",
    (
        *(*_HOST, "audited", "last_seen", "user", "config_path", "client_version", "state", "outcome", "code"),
        *(*_SIZES, *_ANSWERS, "do", "message"),
    ),
    _everything,
)
"""A row for each profile, and one for each host without; the one table of forms that have no sheets."""
