"""An audit: every profile with its accounts and folders, then what stands in the way of a move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.model.assessment import (
    AuditDocument,
    ClientAssessment,
    FolderAssessment,
    HostAssessment,
    ProfileAssessment,
    Unreached,
)
from smartfleet.report.terminal.parts import (
    MOST,
    Remark,
    counted,
    host_lists,
    number,
    remarks,
    section,
    stack,
    table,
    text,
    word,
)
from smartfleet.report.words import session_text
from smartfleet.text import bytes_text, number_of

_Row = tuple[Text, ...]
_STATES = ("old", "both", "new", "foreign", "neither", "unreadable")


def audit(document: AuditDocument) -> RenderableType:
    profiles = [profile for host in document.hosts for profile in host.profiles]
    states: Counter[str] = Counter(profile.state for profile in profiles)
    head = Text.assemble(
        f"{number_of(len(document.hosts), 'host')}, {number_of(len(profiles), 'profile')}: ",
        counted((state, states[state]) for state in _STATES),
    )
    return stack(
        head,
        _table(document.hosts) if profiles else None,
        remarks("Findings", _remarks(document.hosts)),
        unreached(document.unreached),
        host_lists((profile.state, host.host) for host in document.hosts for profile in host.profiles),
    )


def host(assessment: HostAssessment) -> Group:
    """One host in full."""
    clients = ", ".join(map(_client, assessment.clients)) or "none"
    head = Text.assemble(
        (text(assessment.host).plain, "bold"), ", ", text(assessment.distribution), ", clients: ", text(clients)
    )
    users = [
        Text.assemble(text(profile.user, "bold"), f": {session_text(profile.session, profile.session_kind)}, ")
        + Text(f"client {'runs' if profile.client_running else 'does not run'}")
        for profile in assessment.profiles
    ]
    return stack(head, _table([assessment]), section("Users", *users), remarks("Findings", _remarks([assessment])))


def _client(client: ClientAssessment) -> str:
    bits = f", {client.bits} bit" if client.bits else ""
    scope = ", of one user" if client.scope == "user" else ""
    return f"{client.version} ({client.kind}{bits}{scope})"


def unreached(found: Iterable[Unreached]) -> Group | None:
    """Hosts that could not be asked, and what helps."""
    return remarks("Not reached", (Remark("unreachable", one.code, one.host, one.message, one.do) for one in found))


def _table(hosts: Iterable[HostAssessment]) -> Table:
    made = table("host", "user", "state", "server", "folder", "files", "size", "notes", right=("files", "size"))
    for one in hosts:
        name = one.host
        for profile in one.profiles:
            for row in _bounded(list(_rows(profile))):
                made.add_row(text(name), text(profile.user), word(profile.state), *row)
                name = ""
    return made


def _bounded(rows: Sequence[_Row]) -> Sequence[_Row]:
    """Whoever writes thousands of accounts into a file hides nobody else."""
    if len(rows) <= MOST:
        return rows
    empty = Text("")
    return [*rows[:MOST], (empty, Text(f"and {len(rows) - MOST:,} more"), empty, empty, empty)]


def _rows(profile: ProfileAssessment) -> Iterator[_Row]:
    empty = Text("")
    if not profile.accounts:
        yield empty, text(profile.config_path), empty, empty, empty
    for account in profile.accounts:
        server = text(account.url, "" if account.state != "foreign" else "dim")
        if not account.folders:
            yield server, empty, empty, empty, Text("no folder")
        for folder in account.folders:
            size = Text(bytes_text(folder.bytes))
            yield server, text(folder.local_path), number(folder.files), size, text(_notes(folder))


def _notes(folder: FolderAssessment) -> str:
    notes: list[str] = [] if folder.state == "ok" else [folder.state]
    if folder.journal != "ok":
        notes.append(f"journal {folder.journal}")
    if folder.virtual_files != "off":
        notes.append(f"virtual files ({folder.virtual_files}), {folder.placeholders} not on this disk")
    if folder.pending:
        notes.append(f"{folder.pending} to upload")
    if folder.paused:
        notes.append("paused")
    return ", ".join(notes)


def _remarks(hosts: Iterable[HostAssessment]) -> Iterator[Remark]:
    """Errors and warnings; a note says no more than the state does."""
    for one in hosts:
        for finding in one.findings:
            yield Remark(finding.severity, finding.code, one.host, finding.message, finding.do)
        for profile in one.profiles:
            for finding in profile.findings:
                if finding.severity != "note":
                    place = f"{one.host} {profile.user}"
                    yield Remark(finding.severity, finding.code, place, finding.message, finding.do)
