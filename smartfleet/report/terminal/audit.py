"""An audit: every profile with its accounts and folders, then what stands in the way of a move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.model.assessment import (
    AuditDocument,
    FolderAssessment,
    HostAssessment,
    ProfileAssessment,
    Unreached,
)
from smartfleet.report.terminal.parts import (
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
from smartfleet.text import bytes_text, number_of

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
    clients = ", ".join(f"{client.version} ({client.kind})" for client in assessment.clients) or "none"
    head = Text.assemble(
        (text(assessment.host).plain, "bold"), ", ", text(assessment.distribution), ", clients: ", text(clients)
    )
    return stack(head, _table([assessment]), remarks("Findings", _remarks([assessment])))


def unreached(found: Iterable[Unreached]) -> Group | None:
    """Hosts that could not be asked."""
    return section("Not reached", *(Text.assemble(text(one.host, "bold"), ": ", text(one.message)) for one in found))


def _table(hosts: Iterable[HostAssessment]) -> Table:
    made = table("host", "user", "state", "server", "folder", "files", "size", "notes", right=("files", "size"))
    for one in hosts:
        name = one.host
        for profile in one.profiles:
            for row in _rows(profile):
                made.add_row(text(name), text(profile.user), word(profile.state), *row)
                name = ""
    return made


def _rows(profile: ProfileAssessment) -> Iterator[tuple[Text, ...]]:
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
