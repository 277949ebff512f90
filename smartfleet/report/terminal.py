"""Documents as tables and lines for a terminal. All text of hosts goes through `visible`; nothing is markup."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.model.assessment import AuditDocument, HostAssessment, ProfileAssessment, Unreached
from smartfleet.model.documents import ShowDocument, StatusDocument, VerifyDocument
from smartfleet.model.plan import HostPlan, Plan, ProfilePlan
from smartfleet.model.report import Headline, ReportData
from smartfleet.model.results import Outcome, Verdict
from smartfleet.text import bytes_text, visible

Name = TypeVar("Name", bound=str)

_GOOD = {"moved", "already", "new", "match", "move", "resume", "rolled-back", "done", "ok"}
_BAD = {"failed", "drift", "refused", "refuse", "error", "unreadable", "both"}


def audit(document: AuditDocument) -> RenderableType:
    table = _table("host", "user", "state", "client", "folders", "notes")
    for host in document.hosts:
        for profile in host.profiles:
            table.add_row(*_audited(host, profile))
        if not host.profiles:
            table.add_row(_text(host.host), Text("-"), Text("no account"), Text(""), Text(""), Text(""))
    return Group(table, *_unreached(document.unreached))


def plan(document: Plan) -> RenderableType:
    parts: list[RenderableType] = []
    for host in document.hosts:
        for profile in host.profiles:
            parts += _planned(host, profile)
    counts = _counts(profile.action for host in document.hosts for profile in host.profiles)
    parts.append(Text(f"to {document.new_server}: {counts or 'no profile'}"))
    if document.unaudited:
        parts.append(Text(f"never audited, not touched: {', '.join(visible(name) for name in document.unaudited)}"))
    return Group(*parts)


def outcomes(found: Sequence[Outcome]) -> RenderableType:
    table = _table("host", "user", "outcome", "why and what to do")
    for one in found:
        table.add_row(_text(one.host), _text(one.user or "-"), _state(one.outcome), _why(one.message, one.do))
    return table


def verdicts(document: VerifyDocument) -> RenderableType:
    return Group(_verdict_table(document.verdicts), *_unreached(document.unreached))


def status(document: StatusDocument) -> RenderableType:
    runs = _table("run", "verb", "begun", "state", "hosts", "by")
    for run in document.runs:
        begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
        runs.add_row(
            Text(run.run), Text(run.verb), Text(begun), _state(run.state), Text(str(run.hosts)), _text(run.admin)
        )
    return Group(*_headline(document.headline), runs)


def show(document: ShowDocument) -> RenderableType:
    parts: list[RenderableType] = [Text(visible(document.host), style="bold")]
    if document.assessment:
        parts += _assessment(document.assessment)
    for one in document.outcomes:
        parts += _outcome(one)
    if document.verdicts:
        parts.append(_verdict_table(document.verdicts))
    return Group(*parts)


def report(data: ReportData) -> RenderableType:
    table = _table("host", "user", "outcome", "folders", "next")
    for row in data.profiles:
        folders = _counts(folder.verdict for folder in row.folders)
        table.add_row(_text(row.host), _text(row.user), _state(row.outcome), Text(folders), _why(row.message, row.do))
    for host in data.other_hosts:
        table.add_row(_text(host.host), Text("-"), Text(host.reason), Text(""), _text(host.message))
    warnings = [Text(f"warning: {visible(one.message)}", style="yellow") for one in data.warnings]
    return Group(*_headline(data.headline), table, *warnings)


def _audited(host: HostAssessment, profile: ProfileAssessment) -> tuple[Text, ...]:
    folders = [folder for account in profile.accounts for folder in account.folders]
    running = "runs" if profile.client_running else "not running"
    size = f"{len(folders)}, {bytes_text(sum(folder.bytes for folder in folders))}"
    notes = Text("\n").join(
        Text(f"{one.code}: {visible(one.message)}", style=_style(one.severity)) for one in profile.findings
    )
    return (
        _text(host.host),
        _text(profile.user),
        _state(profile.state),
        Text(f"{visible(profile.client_version)} {running}"),
        Text(size),
        notes,
    )


def _planned(host: HostPlan, profile: ProfilePlan) -> Iterator[RenderableType]:
    head = Text.assemble((f"{visible(profile.user)}@{visible(host.host)}", "bold"), ": ", _state(profile.action))
    if profile.reason:
        head.append(f" ({visible(profile.reason.message)})")
    yield head
    if profile.reason and profile.reason.do:
        yield Text(f"  do: {visible(profile.reason.do)}")
    for one in profile.warnings:
        yield Text(f"  {one.code}: {visible(one.message)}", style="yellow")
    if profile.action not in {"move", "resume"}:
        return
    if host.install:
        yield Text(f"  install {host.install.package} ({host.install.state})")
    for number, step in enumerate(profile.steps, 1):
        yield Text(f"  {number}. {visible(step)}")
    for line in profile.diff.splitlines():
        yield Text(f"    {visible(line)}", style={"+": "green", "-": "red"}.get(line[:1], "dim"))


def _assessment(host: HostAssessment) -> Iterator[RenderableType]:
    yield Text(f"{host.distribution}, audited {time.strftime('%Y-%m-%d %H:%M', time.localtime(host.taken))}")
    for profile in host.profiles:
        yield Text.assemble(
            (visible(profile.user), "bold"), ": ", _state(profile.state), f" {visible(profile.config_path)}"
        )
        for account in profile.accounts:
            yield Text(
                f"  account {account.number}: {visible(account.login)} on {visible(account.url)} ({account.state})"
            )
            for folder in account.folders:
                size = f"{folder.files} files, {bytes_text(folder.bytes)}"
                yield Text(f"    {visible(folder.local_path)}: {size}, {folder.state}")
        for one in profile.findings:
            yield Text(f"  {one.code}: {visible(one.message)}", style=_style(one.severity))
            if one.do:
                yield Text(f"    do: {visible(one.do)}")


def _outcome(one: Outcome) -> Iterator[RenderableType]:
    yield Text.assemble(
        (visible(one.user or "the host"), "bold"), ": ", _state(one.outcome), f" {visible(one.message)}"
    )
    if one.do:
        yield Text(f"  do: {visible(one.do)}")
    for step in one.steps:
        yield Text.assemble(f"  step {visible(step.step)}: ", _state(step.state), f" {visible(step.detail)}".rstrip())
    for proof in one.proofs:
        yield Text.assemble(f"  proof {proof.proof}: ", _state(proof.state), f" {visible(proof.detail)}".rstrip())


def _verdict_table(found: Sequence[Verdict]) -> Table:
    table = _table("host", "user", "folder", "verdict", "why")
    for one in found:
        table.add_row(
            _text(one.host), _text(one.user), _text(one.local_path), _state(one.verdict), Text("\n").join(_reasons(one))
        )
    return table


def _reasons(one: Verdict) -> Iterator[Text]:
    yield _text(one.reason)
    parts = (one.check.before, one.check.journal, one.check.server) if one.check else ()
    for example in [example for part in parts for example in part.examples][:5]:
        yield Text(f"{example.kind}: {visible(example.path)}", style="dim")


def _unreached(hosts: Sequence[Unreached]) -> Iterator[RenderableType]:
    for one in hosts:
        yield Text.assemble((visible(one.host), "bold"), f": {one.code}: {visible(one.message)}", style="yellow")
        if one.do:
            yield Text(f"  do: {visible(one.do)}")


def _headline(head: Headline) -> Iterator[RenderableType]:
    yield Text(
        f"{head.hosts_seen} of {head.hosts} hosts seen, {head.profiles} profiles, "
        f"{head.on_old_server} on the old server, {head.folders} folders ({bytes_text(head.bytes_in_folders)})"
    )
    yield Text(f"outcomes: {_named(head.outcomes)}   verdicts: {_named(head.verdicts)}")


def _named(counts: Mapping[Name, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def _counts(names: Iterable[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(Counter(names).items()))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _text(text: str) -> Text:
    return Text(visible(text))


def _state(name: str) -> Text:
    return Text(visible(name), style=_style(name))


def _why(message: str, do: str) -> Text:
    return Text("\n").join(Text(visible(part)) for part in (message, f"do: {do}" if do else "") if part)


def _style(name: str) -> str:
    if name in _GOOD:
        return "green"
    if name in _BAD:
        return "red"
    return "yellow" if name.startswith(("waiting", "warning", "unknown", "old")) else ""
