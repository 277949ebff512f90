"""The demo: the lab's fleet goes the whole way, through the commands that an admin types."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from smartfleet.errors import LabError
from smartfleet.lab.lab import Lab
from smartfleet.lab.lifecycle import start
from smartfleet.lab.meanwhile import Meanwhile
from smartfleet.lab.scenario import Built, Scenario
from smartfleet.lab.scenarios import SCENARIOS, build_fleet
from smartfleet.lab.telling import (
    audit_line,
    counted,
    doctor_line,
    engines_line,
    outcome_table,
    plan_line,
    report_line,
    transfer_line,
    trouble_line,
    unexpected,
)
from smartfleet.lab.windows.host import WindowsLabHost
from smartfleet.lab.workers.power_cut import PowerCut
from smartfleet.model.assessment import AuditDocument
from smartfleet.model.doctor import DoctorReport
from smartfleet.model.documents import VerifyDocument
from smartfleet.model.engines import EnginesDocument
from smartfleet.model.events import EVENT, Event, ShardTroubled
from smartfleet.model.plan import Plan
from smartfleet.model.report import ReportData
from smartfleet.report.lines import line
from smartfleet.report.watching import Watching
from smartfleet.text import visible

DOING = {
    "engines": "engines: asking every worker what it is",
    "doctor": "doctor: asking every machine and both server names",
    "audit": "audit: looking at every client, changing nothing",
    "plan": "plan: working out what would change",
    "verify": "verify: comparing disk, journal and server",
    "report": "report: writing the page",
}
BROKEN = {1, 2, 130}
"""Exit codes of a command that could not do its work; the others tell what it found."""
TELLS = {"engines"}
"""Commands that end with 1 for what they found, too."""
WAVES = ("--canary", "plain,win-plain", "--waves", "50%", "--until", "5m", "--every", "3s")
"""Two machines go first, half of the others next, then the rest; whoever is away is tried again every few seconds."""


@dataclass(frozen=True)
class Shown:
    """What the demo leaves behind."""

    report: ReportData
    page: Path
    unexpected: list[str]


class Demo:
    """Runs in `folder` and tells on `console` what happens."""

    def __init__(
        self, folder: Path, console: Console, workers: int = 0, scenarios: Sequence[Scenario] = SCENARIOS
    ) -> None:
        """`workers`: machines that work on the fleet, one of which will be lost; without them this one does.

        The canary is among `scenarios`.
        """
        self._folder = folder
        self._workers = workers
        self._scenarios = scenarios
        self._console = console
        self._begin = time.monotonic()

    def run(self) -> Shown:
        """From nothing to a report. Whatever happens, the lab is down afterwards. LabError if a command breaks."""
        with self._lab() as lab:
            shown = self._work(lab, self._build(lab))
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

    def _build(self, lab: Lab) -> Built:
        with self._status("") as status:
            built: list[Scenario] = []

            def done(scenario: Scenario) -> None:
                built.append(scenario)
                status.update(
                    f"syncing {len(self._scenarios)} machines: {len(built)} done, {scenario.name} {scenario.state}"
                )

            made = build_fleet(lab, self._scenarios, done=done, workers=self._workers)
        windows = sum(isinstance(machine, WindowsLabHost) for machine in made.machines.values())
        over_ssh = len(made.machines) - windows
        machines = f"{over_ssh} machines over SSH, {windows} emulated Windows machines over WinRM"
        self._line(f"a server with two names, {machines}, every client has really synced")
        self._line(f"old name {lab.old_url}, new name {lab.new_url}")
        return made

    def _work(self, lab: Lab, built: Built) -> Shown:
        fleet = built.fleet
        if self._workers:
            asked = EnginesDocument.model_validate_json(self._command(fleet, "engines"))
            self._line(engines_line(asked))
        plan, page = self._folder / "plan.json", self._folder / "report.html"
        doctor = DoctorReport.model_validate_json(self._command(fleet, "doctor"))
        self._line(doctor_line(doctor))
        audit = AuditDocument.model_validate_json(self._command(fleet, "audit"))
        self._line(audit_line(audit))
        drawn = Plan.model_validate_json(self._command(fleet, "plan", "--out", str(plan)))
        self._line(plan_line(drawn))
        moving = lab.call("time")
        meanwhile = Meanwhile(self._scenarios, built.machines, self._aside)
        meanwhile.plan_made()
        with PowerCut(lab, self._workers, built.machines, self._aside) as cut:
            self._apply(fleet, plan, [meanwhile.event, cut.event])
        with self._credentials(lab, built) as file:
            for words in (("--limit", "linux"), ("--limit", "windows", "--credentials", str(file))):
                told = self._command(fleet, "verify", "--level", "server", *words)
                proved = VerifyDocument.model_validate_json(told)
                self._line(counted(verdict.verdict for verdict in proved.verdicts))
        self._line(transfer_line(lab, moving))
        report = ReportData.model_validate_json(self._command(fleet, "report", "--out", str(page)))
        self._line(report_line(report))
        self._console.print(outcome_table(report, self._scenarios))
        unlost = ["no worker was lost"] if self._workers and not cut.lost else []
        return Shown(report, page, [*unexpected(report, self._scenarios), *unlost])

    @contextlib.contextmanager
    def _credentials(self, lab: Lab, built: Built) -> Iterator[Path]:
        """App passwords with which the server is asked from here: on Windows only the user's session has his own."""
        file = self._folder / "credentials.yml"
        file.touch(mode=0o600)
        try:
            windows = {name for name, machine in built.machines.items() if isinstance(machine, WindowsLabHost)}
            users = [user for scenario in self._scenarios if scenario.name in windows for user in scenario.expected]
            file.write_text("".join(f"{user}: {lab.add_account(user)}\n" for user in users), encoding="ascii")
            yield file
        finally:
            file.unlink()

    def _command(self, fleet: Path, verb: str, *arguments: str) -> bytes:
        """Runs `smartfleet VERB` on the fleet; its JSON document. Its remarks are shown if it breaks."""
        words = self._announce(fleet, verb, *arguments)
        with self._status(DOING[verb]), tempfile.TemporaryFile() as remarks:
            done = subprocess.run(
                [*words, "--format", "json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=remarks,
                check=False,
            )
            self._require(verb, done.returncode, done.stdout, remarks)
        return done.stdout

    def _apply(self, fleet: Path, plan: Path, also: Sequence[Callable[[Event], None]]) -> None:
        """Carries the plan out and tells what happens as it happens; `also` are told each event, and do their part."""
        words = self._announce(fleet, "apply", str(plan), "--yes", *WAVES)
        watching = Watching()
        with tempfile.TemporaryFile() as remarks:
            running = subprocess.Popen(
                [*words, "--format", "jsonl"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=remarks
            )
            with running:
                try:
                    for told in running.stdout or ():
                        event = EVENT.validate_json(told)
                        watching.tell(event)
                        trouble = trouble_line(event) if isinstance(event, ShardTroubled) else ""
                        self._line(trouble or line(watching, event, event.time))
                        for hear in also:
                            hear(event)
                except BaseException:  # the demo ends, and everything with it
                    running.kill()
                    raise
            self._require("apply", running.returncode, watching.ended, remarks)

    def _announce(self, fleet: Path, verb: str, *arguments: str) -> list[str]:
        """Shows a command as an admin would type it; how it is run here."""
        words = [verb, *arguments, "--fleet", str(fleet)]
        self._console.print(Text(f"\n$ smartfleet {shlex.join(words)}", style="bold"))
        return [sys.executable, "-m", "smartfleet.cli.main", *words]

    def _require(self, verb: str, code: int, told: object, remarks: IO[bytes]) -> None:
        """LabError if a command broke, or told nothing."""
        if told and (code not in BROKEN or (code == 1 and verb in TELLS)):
            return
        remarks.seek(0)
        said = remarks.read().decode("utf-8", "replace").strip()
        raise LabError(
            "demo/command-failed",
            f"`smartfleet {verb}` ended with {code}:\n{said}",
            do=f"see what is in {self._folder}; smartfleet demo can be run again",
        )

    def _aside(self, text: str) -> None:
        """Something that nobody who sits at smartfleet sees."""
        self._console.print(Text(" " * 9 + visible(text), style="italic"))

    def _line(self, text: str) -> None:
        if not text:
            return
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
