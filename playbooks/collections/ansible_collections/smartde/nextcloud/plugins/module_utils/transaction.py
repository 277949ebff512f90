"""Steps with marks: done once, gone on with after a crash, taken back after a failure.

A step is written so that doing it twice is doing it once, because a process can die between the work and its mark.
Which steps there are is the caller's table; what is here knows only marks.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from dataclasses import dataclass
from typing import Callable, Sequence

from .dropped import DroppedError
from .marks import Mark, Marks

TRANSACTION = "transaction"
SPARE_BYTES = 64 * 1024


class StepError(Exception):
    """Why a step did not succeed. `outcome` is what becomes of the profile if this ends it."""

    def __init__(self, code: str, message: str, do: str = "", *, outcome: str = "failed") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.do = do
        self.outcome = outcome


FAILURES = (StepError, DroppedError, OSError, ValueError)


class SkipStep(Exception):  # noqa: N818 - not an error: the step says that there is nothing to do
    """Nothing to do here; the text says why."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Step:
    """`run` does the work and returns a detail for people. `again` asks whether a step that was ended before must be
    done once more by this process, because the world may have moved on since.
    """

    name: str
    run: Callable[[], str]
    again: Callable[[], bool] = _never


@dataclass(frozen=True)
class Report:
    """What became of a step, as in model.results.Step."""

    step: str
    state: str
    seconds: float = 0.0
    detail: str = ""


class Transaction:
    """One profile's steps and their marks; `spare` is the path of a file that only takes room."""

    def __init__(self, marks: Marks, spare: str) -> None:
        self.marks = marks
        self.spare = spare
        self.reports: list[Report] = []

    def open(self) -> None:
        """Begin. The spare file keeps room on the disk for the marks of the way back."""
        with open(self.spare, "wb") as stream:
            stream.write(os.urandom(SPARE_BYTES))  # not zeros: a file system that compresses would keep no room
            stream.flush()
            os.fsync(stream.fileno())
        self.marks.add(TRANSACTION, "open")

    def close(self, detail: str) -> None:
        self.free_spare()
        self.marks.add(TRANSACTION, "done", detail)

    def free_spare(self) -> None:
        """Give back the room that was kept for what is written last."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.spare)

    def history(self) -> list[Mark]:
        """The marks since the transaction was last opened."""
        marks = self.marks.read()
        opened = [number for number, mark in enumerate(marks) if mark.step == TRANSACTION and mark.state == "open"]
        return marks[opened[-1] :] if opened else []

    def began(self, step: str) -> bool:
        return any(mark.step == step and mark.state == "begin" for mark in self.history())

    def ended(self, step: str) -> Mark | None:
        """The mark that ended the step; a later begin without an end makes it unfinished again."""
        found = None
        for mark in self.history():
            if mark.step == step:
                found = mark if mark.state in ("end", "skip") else None
        return found

    def undoing(self) -> bool:
        """Whether an undo was begun: from then on there is no way but back."""
        return any(mark.step == TRANSACTION and mark.state == "undo" for mark in self.history())

    def note(self, report: Report) -> None:
        """Mark a step that was done before the transaction had a place to write to."""
        self.marks.add(report.step, "skip" if report.state == "skipped" else "end", report.detail)

    def run(self, steps: Sequence[Step]) -> None:
        """Do what is still to be done, in order. StepError from the first that fails."""
        for step in steps:
            mark = self.ended(step.name)
            if mark and not step.again():
                self.reports.append(Report(step.name, "skipped" if mark.state == "skip" else "done", 0.0, mark.detail))
            else:
                self._do(step)

    def undo(self, steps: Sequence[Step], reason: str) -> None:
        """Take everything back. All steps are done, whatever an earlier undo that died had ended.

        StepError leaves the transaction as it is, to be undone another time.
        """
        self.free_spare()
        if not self.undoing():
            self.marks.add(TRANSACTION, "undo", reason)
        for step in steps:
            self._do(step)
        self.marks.add(TRANSACTION, "undone", reason)

    def _do(self, step: Step) -> None:
        self.marks.add(step.name, "begin")
        report = perform(step)
        self.reports.append(report.report)
        if report.error:
            self.marks.add(step.name, "fail", f"{report.error.code}: {report.error.message}")
            raise report.error
        self.marks.add(step.name, "skip" if report.report.state == "skipped" else "end", report.report.detail)


@dataclass(frozen=True)
class Performed:
    """A step's report, and its error if it failed."""

    report: Report
    error: StepError | None = None


def perform(step: Step) -> Performed:
    """Do one step and turn what it raises into a report."""
    started = time.monotonic()

    def report(state: str, detail: str) -> Report:
        return Report(step.name, state, round(time.monotonic() - started, 3), detail)

    try:
        return Performed(report("done", step.run()))
    except SkipStep as skip:
        return Performed(report("skipped", str(skip)))
    except FAILURES as error:
        failure = as_step_error(error)
        return Performed(report("failed", failure.message), failure)


def as_step_error(error: Exception) -> StepError:
    """Any of FAILURES as the error of a step."""
    if isinstance(error, StepError):
        return error
    if isinstance(error, DroppedError):
        return StepError(error.code, error.message, error.do)
    if isinstance(error, OSError):
        return StepError("out-of-space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "system-error", str(error))
    return StepError("unreadable", str(error))
