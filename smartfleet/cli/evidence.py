"""`smartfleet report --evidence` and `--check`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from smartfleet import evidence
from smartfleet.cli.output import say, show
from smartfleet.cli.writing import PrintedForm
from smartfleet.errors import StoreError, UsageError
from smartfleet.fleet import Fleet
from smartfleet.model.report import ReportData
from smartfleet.report import terminal
from smartfleet.store import Store
from smartfleet.words import Words


def check_options(
    *, folder: Path | None, key: Path | None, hide: bool, checked: Path | None, signer: Path | None, more: bool
) -> None:
    """UsageError for options that do not go together, before anything is done. `more`: a report is wanted too."""
    if checked and (folder or more):
        raise UsageError(
            "report/check-alone",
            "--check writes, sends and audits nothing",
            why="the evidence of before and a report of now are two things",
            do="run it without --out, --send, --evidence and --fresh",
        )
    if key and not folder:
        raise UsageError("report/nothing-to-sign", "--sign signs evidence", do="say where to: --evidence DIR")
    if signer and not checked:
        raise UsageError("report/nothing-to-check", "--signer is for checking evidence", do="name it: --check DIR")
    if folder and hide:
        raise UsageError(
            "report/redacted-evidence",
            "evidence cannot be redacted",
            why="it holds facts, plans and the trail as they are, and hashes that would not fit any more",
            do="write a redacted report to a file: --redact --out report.html",
        )
    if folder:
        evidence.check_place(folder, key)


def keep(fleet: Fleet, store: Store, data: ReportData, words: Words, *, folder: Path, key: Path | None) -> None:
    """Writes the evidence of `data`, whole or not at all."""
    hosts = [row.host for row in data.hosts]
    evidence.write(folder, data, evidence.basis(store, fleet.config, hosts), words, key)
    say(f"written: {folder}")
    say(f"next: smartfleet report --check {shlex.quote(str(folder))}")


def check(folder: Path, signer: Path | None, form: PrintedForm) -> None:
    """Tells whether the evidence is as it was written. StoreError if it is not."""
    if form not in {"human", "json"}:
        raise UsageError(
            "report/no-such-form", f"a check cannot be told as {form}", do="leave --format away, or take json"
        )
    document = evidence.check(folder, signer)
    if form == "json":
        click.echo(document.shown_json(indent=2))
    else:
        show(terminal.evidence(document))
    if not document.ok:
        raise StoreError(
            "report/evidence-broken",
            "the evidence is not what was written",
            why="somebody, or a fault of the disk, changed it, so it proves nothing",
            do="take an untouched copy, and see who could write to this one",
        )
