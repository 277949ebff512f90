"""The demo: the lab's fleet goes the whole way, through the commands that an admin types."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from smartfleet.errors import LabError
from smartfleet.lab.lab import Lab
from smartfleet.lab.lifecycle import start
from smartfleet.lab.scenarios import SCENARIOS, Scenario, build
from smartfleet.model.assessment import AuditDocument
from smartfleet.model.doctor import DoctorReport
from smartfleet.model.documents import ApplyDocument, VerifyDocument
from smartfleet.model.plan import Plan
from smartfleet.model.report import ProfileRow, ReportData
from smartfleet.text import bytes_text, visible

DOING = {
    "doctor": "doctor: asking every machine and both server names",
    "audit": "audit: looking at every client, changing nothing",
    "plan": "plan: working out what would change",
    "apply": "apply: stopping clients, backing up, rewriting, starting, proving",
    "verify": "verify: comparing disk, journal and server",
    "report": "report: writing the page",
}
BROKEN = {1, 2, 130}
"""Exit codes of a command that could not do its work; the others tell what it found."""


@dataclass(frozen=True)
class Shown:
    """What the demo leaves behind."""

    report: ReportData
    page: Path
    unexpected: list[str]


class Demo:
    """Runs in `folder` and tells on `console` what happens."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._folder = folder
        self._console = console
        self._begin = time.monotonic()

    def run(self) -> Shown:
        """From nothing to a report. Whatever happens, the lab is down afterwards. LabError if a command breaks."""
        with self._lab() as lab:
            fleet = self._build(lab)
            shown = self._work(lab, fleet)
        self._line(f"the lab is down again; {self._folder} holds the fleet folder, the plan and the report")
        return shown

    @contextlib.contextmanager
    def _lab(self) -> Iterator[Lab]:
        with self._status("starting the lab"):
            lab = start(self._folder, tied=True)
        try:
            yield lab
        finally:
            lab.stop()

    def _build(self, lab: Lab) -> Path:
        with self._status("") as status:
            built: list[Scenario] = []

            def done(scenario: Scenario) -> None:
                built.append(scenario)
                status.update(f"syncing {len(SCENARIOS)} machines: {len(built)} done, {scenario.name} {scenario.state}")

            fleet = build(lab, SCENARIOS, done=done)
        self._line(f"a server with two names, {len(SCENARIOS)} machines over SSH, every client has really synced")
        self._line(f"old name {lab.old_url}, new name {lab.new_url}")
        return fleet

    def _work(self, lab: Lab, fleet: Path) -> Shown:
        plan, page = self._folder / "plan.json", self._folder / "report.html"
        doctor = DoctorReport.model_validate_json(self._command(fleet, "doctor"))
        self._line(doctor_line(doctor))
        audit = AuditDocument.model_validate_json(self._command(fleet, "audit"))
        self._line(audit_line(audit))
        drawn = Plan.model_validate_json(self._command(fleet, "plan", "--out", str(plan)))
        self._line(plan_line(drawn))
        moving = lab.call("time")
        moved = ApplyDocument.model_validate_json(self._command(fleet, "apply", str(plan), "--yes"))
        self._line(counted(outcome.outcome for outcome in moved.outcomes))
        proved = VerifyDocument.model_validate_json(self._command(fleet, "verify", "--level", "server"))
        self._line(counted(verdict.verdict for verdict in proved.verdicts))
        self._line(transfer_line(lab, moving))
        report = ReportData.model_validate_json(self._command(fleet, "report", "--html", str(page)))
        self._console.print(outcome_table(report))
        return Shown(report, page, unexpected(report))

    def _command(self, fleet: Path, verb: str, *arguments: str) -> bytes:
        """Runs `smartfleet VERB` on the fleet; its JSON document. Its remarks are shown if it breaks."""
        words = [verb, *arguments, "--fleet", str(fleet)]
        self._console.print(Text(f"\n$ smartfleet {' '.join(words)}", style="bold"))
        with self._status(DOING[verb]), tempfile.TemporaryFile() as remarks:
            done = subprocess.run(
                [sys.executable, "-m", "smartfleet.cli.main", *words, "--format", "json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=remarks,
                check=False,
            )
            remarks.seek(0)
            said = remarks.read().decode("utf-8", "replace").strip()
        if done.returncode in BROKEN or not done.stdout:
            raise LabError(
                "demo/command-failed",
                f"`smartfleet {verb}` ended with {done.returncode}:\n{said}",
                do=f"see what is in {self._folder}; smartfleet demo can be run again",
            )
        return done.stdout

    def _line(self, text: str) -> None:
        seconds = f"{time.monotonic() - self._begin:5.1f} s  "
        self._console.print(Text(seconds, style="dim") + Text(visible(text)))

    @contextlib.contextmanager
    def _status(self, text: str) -> Iterator[Status]:
        """A moving line on a terminal, nothing elsewhere."""
        status = Status(text, console=self._console)
        if not self._console.is_terminal:
            yield status
            return
        with status:
            yield status


def doctor_line(report: DoctorReport) -> str:
    hosts = {check.target for check in report.checks if check.kind == "host"}
    servers = {check.target for check in report.checks if check.kind == "server"}
    failed = {check.target: check.message for check in reversed(report.failed("host"))}
    wrong = "".join(f"; {name}: {message}" for name, message in failed.items())
    bad = len({check.target for check in report.failed("server")})
    server_text = f"{len(servers) - bad} of {len(servers)} server names are well"
    return f"{len(hosts) - len(failed)} of {len(hosts)} machines can be worked on; {server_text}{wrong}"


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


def counted(names: Iterator[str]) -> str:
    """``3 moved, 1 refused``"""
    return ", ".join(f"{count} {name}" for name, count in Counter(names).most_common())


def outcome_table(report: ReportData) -> Table:
    """A line for every profile, in the order of the scenarios."""
    states = {scenario.name: scenario.state for scenario in SCENARIOS}
    table = Table(title="\nWhat became of the machines", title_justify="left", box=None, pad_edge=False)
    for heading in ("machine", "before", "user", "outcome", "folders", "why"):
        table.add_column(heading, overflow="fold")
    rows: dict[str, list[tuple[str, str, str, str]]] = {}
    for profile in report.profiles:
        verdicts = ", ".join(folder.verdict for folder in profile.folders)
        rows.setdefault(profile.host, []).append((profile.user, profile.outcome, verdicts, why(profile)))
    for other in report.other_hosts:
        rows.setdefault(other.host, []).append(("", other.reason, "", "not reached, not touched"))
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


def unexpected(report: ReportData) -> list[str]:
    """Where the outcome is not the one that the scenario is there to show."""
    found = {(profile.host, profile.user): profile.outcome for profile in report.profiles}
    return [
        f"{scenario.name}: {user} is {found.get((scenario.name, user), 'missing')}, expected {outcome}"
        for scenario in SCENARIOS
        for user, outcome in scenario.expected.items()
        if found.get((scenario.name, user)) != outcome
    ]
