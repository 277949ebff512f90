"""Where a fleet or a host stands: the report, `status` and `show`."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.model.documents import ShowDocument, StatusDocument
from smartfleet.model.report import Headline, ProfileRow, ReportData
from smartfleet.report.terminal.audit import host as audited_host
from smartfleet.report.terminal.outcomes import in_full
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
    when,
    word,
)
from smartfleet.report.terminal.verdicts import examples, folder_table
from smartfleet.text import bytes_text, number_of


def report(document: ReportData) -> RenderableType:
    """The report without the HTML page's pictures."""
    warnings = (Remark(one.severity, one.code, document.fleet, one.message, one.do) for one in document.warnings)
    others = [
        Text.assemble(text(row.host, "bold"), f": {row.reason.replace('-', ' ')} ", text(row.message))
        for row in document.other_hosts
    ]
    return stack(
        Text.assemble((text(document.fleet).plain, "bold"), f", {when(document.created)}"),
        _headline(document.headline),
        remarks("About the fleet", warnings),
        _profiles(document.profiles) if document.profiles else None,
        section("Hosts without a profile", *others),
        host_lists((row.outcome, row.host) for row in document.profiles),
    )


def status(document: StatusDocument) -> RenderableType:
    """Where the fleet stands, and what was done last."""
    runs = table("run", "command", "began", "state", "hosts", "by", right=("hosts",))
    for run in document.runs:
        began = Text(when(run.started))
        runs.add_row(text(run.run), text(run.verb), began, text(run.state), number(run.hosts), text(run.admin))
    return stack(
        text(document.fleet, "bold"),
        _headline(document.headline),
        section("Runs", runs) if document.runs else None,
    )


def show(document: ShowDocument) -> RenderableType:
    """All that is known of one host."""
    return stack(
        audited_host(document.assessment) if document.assessment else text(document.host, "bold"),
        section("Last outcomes", *(in_full(one) for one in document.outcomes)),
        section("Verdicts", folder_table(document.verdicts)) if document.verdicts else None,
        examples(document.verdicts),
    )


def _headline(headline: Headline) -> Group:
    return Group(
        Text(f"{headline.hosts_seen} of {headline.hosts} hosts seen, {number_of(headline.profiles, 'profile')}"),
        Text(f"{number_of(headline.on_old_server, 'profile')} still on an old server"),
        Text.assemble("outcomes: ", counted(headline.outcomes.items())),
        Text.assemble(
            f"{number_of(headline.folders, 'folder')}, {bytes_text(headline.bytes_in_folders)}: ",
            counted(headline.verdicts.items()),
        ),
    )


def _profiles(rows: list[ProfileRow]) -> Table:
    made = table("host", "user", "server", "outcome", "folders", "next")
    for row in rows:
        folders = Text(", ").join(word(folder.verdict) for folder in row.folders)
        made.add_row(
            text(row.host), text(row.user), word(row.state), word(row.outcome), folders, text(row.do or row.message)
        )
    return made
