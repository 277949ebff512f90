"""The demo's own words for what its commands found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from smartfleet.lab.lab import Lab
from smartfleet.lab.scenario import Scenario
from smartfleet.model.assessment import AuditDocument
from smartfleet.model.doctor import DoctorReport
from smartfleet.model.engines import EnginesDocument
from smartfleet.model.events import ShardTroubled
from smartfleet.model.plan import Plan
from smartfleet.model.report import ProfileRow, ReportData
from smartfleet.text import bytes_text, number_of, visible


def doctor_line(report: DoctorReport) -> str:
    hosts = {check.target for check in report.checks if check.kind == "host"}
    servers = {check.target for check in report.checks if check.kind == "server"}
    failed = {check.target: check.message for check in reversed(report.failed("host"))}
    wrong = "".join(f"; {name}: {message}" for name, message in failed.items())
    bad = len({check.target for check in report.failed("server")})
    server_text = f"{len(servers) - bad} of {len(servers)} server names are well"
    return f"{len(hosts) - len(failed)} of {len(hosts)} machines can be worked on; {server_text}{wrong}"


def engines_line(document: EnginesDocument) -> str:
    workers = [worker for engine in document.engines for worker in engine.workers]
    well = sum(worker.state == "ok" for worker in workers)
    wrong = "".join(f"; {one.message}" for one in (*document.engines, *workers) if one.state == "failed")
    engines = ", ".join(engine.name for engine in document.engines)
    return f"{well} of {len(workers)} workers can be used; engines: {engines}{wrong}"


def trouble_line(event: ShardTroubled) -> str:
    what = "was lost with its worker" if event.state == "lost" else "found no worker that takes it"
    where = f" {event.worker}" if event.worker else ""
    return f"a shard of {number_of(event.hosts, 'machine')} {what}{where} ({event.engine}): {event.code}"


def audit_line(audit: AuditDocument) -> str:
    profiles = [profile for host in audit.hosts for profile in host.profiles]
    states = counted(f"on {profile.state}" for profile in profiles)
    wasted = sum(copy.bytes_wasted for profile in profiles for copy in profile.second_copies)
    copies = sum(len(profile.second_copies) for profile in profiles)
    return f"{len(profiles)} profiles: {states}; {copies} second copies waste {bytes_text(wasted)}"


def plan_line(plan: Plan) -> str:
    return counted(profile.action for host in plan.hosts for profile in host.profiles)


def transfer_line(lab: Lab, since: float) -> str:
    """What the server's own log says of files since the move began."""
    transfers = Counter(request.method for request in lab.requests(since=since) if request.is_file_transfer)
    return (
        f"the server's log since the move began: {transfers['GET']} files downloaded, {transfers['PUT']} uploaded"
        " (the edits that were pending)"
    )


def report_line(report: ReportData) -> str:
    """How many hosts comply with the policy, and what the others fail."""
    head = report.headline
    failed = [
        f"{one.check.check} {one.failed}" for one in report.checks if one.failed and one.check.severity == "error"
    ]
    wrong = f"; checks that fail: {', '.join(failed)}" if failed else ""
    return f"{head.hosts_compliant} of {head.hosts} machines are compliant{wrong}"


def counted(names: Iterator[str]) -> str:
    """``3 moved, 1 refused``"""
    return ", ".join(f"{count} {name}" for name, count in Counter(names).most_common())


def outcome_table(report: ReportData, scenarios: Sequence[Scenario]) -> Table:
    """A line for every profile, in the order of the scenarios."""
    states = {scenario.name: scenario.state for scenario in scenarios}
    table = Table(title="\nWhat became of the machines", title_justify="left", box=None, pad_edge=False)
    for heading in ("machine", "before", "user", "outcome", "folders", "why"):
        table.add_column(heading, overflow="fold")
    rows: dict[str, list[tuple[str, str, str, str]]] = {}
    for profile in report.profiles:
        verdicts = ", ".join(folder.verdict for folder in profile.folders)
        rows.setdefault(profile.host, []).append((profile.user, profile.outcome, verdicts, why(profile)))
    for host in report.hosts:
        if host.reason:
            rows.setdefault(host.host, []).append(("", host.reason, "", "not reached, not touched"))
    for name, state in states.items():
        for cells in rows.get(name, [("", "unknown", "", "")]):
            table.add_row(*(Text(visible(cell)) for cell in (name, state, *cells)))
    return table


def why(profile: ProfileRow) -> str:
    """What an admin would ask of this line."""
    if profile.outcome == "already" and profile.second_copies:
        return f"{bytes_text(sum(copy.bytes_wasted for copy in profile.second_copies))} are on the disk twice"
    if profile.outcome == "moved":
        return f"{sum(proof.state == 'ok' for proof in profile.proofs)} of {len(profile.proofs)} proofs"
    return profile.message


def unexpected(report: ReportData, scenarios: Sequence[Scenario]) -> list[str]:
    """Where the outcome is not the one that the scenario is there to show."""
    found = {(profile.host, profile.user): profile.outcome for profile in report.profiles}
    return [
        f"{scenario.name}: {user} is {found.get((scenario.name, user), 'missing')}, expected {outcome}"
        for scenario in scenarios
        for user, outcome in scenario.expected.items()
        if found.get((scenario.name, user)) != outcome
    ]
