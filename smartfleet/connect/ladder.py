"""One check after the other: each is timed, and what stands on a failed one is skipped, not guessed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from smartfleet.model.doctor import Check, CheckState, HostCheckName, ServerCheckName


@dataclass(frozen=True)
class Answer:
    """What a probe found out, without knowing whom it was asked of."""

    state: CheckState = "ok"
    message: str = ""
    code: str = ""
    why: str = ""
    do: str = ""


class Stop(Exception):  # noqa: N818 - control flow, caught by `Ladder.step`; not an error of the program
    """A probe's bad answer that makes the checks after it pointless."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message)
        self.answer = answer


def failed(code: str, message: str, *, why: str, do: str) -> Answer:
    return Answer("failed", message, code, why, do)


def warning(code: str, message: str, *, why: str, do: str) -> Answer:
    return Answer("warning", message, code, why, do)


class Ladder:
    """Collects the checks of one target; `emit` sees each as soon as it is known, `weigh` may judge an answer anew."""

    def __init__(
        self,
        kind: Literal["host", "server"],
        target: str,
        emit: Callable[[Check], None],
        weigh: Callable[[Answer], Answer] = lambda answer: answer,
    ) -> None:
        self.checks: list[Check] = []
        self._weigh = weigh
        self._kind: Literal["host", "server"] = kind
        self._target = target
        self._emit = emit

    def add(self, check: HostCheckName | ServerCheckName, answer: Answer, seconds: float = 0.0) -> None:
        answer = self._weigh(answer)
        done = Check(
            kind=self._kind,
            target=self._target,
            check=check,
            state=answer.state,
            code=answer.code,
            message=answer.message,
            why=answer.why,
            do=answer.do,
            seconds=round(seconds, 3),
        )
        self.checks.append(done)
        self._emit(done)

    @contextmanager
    def step(self, check: HostCheckName | ServerCheckName) -> Iterator[Callable[[Answer], None]]:
        """Times one probe; what it says is recorded at the end, and a `Stop` goes on to the caller."""
        start = time.monotonic()
        said: list[Answer] = []
        try:
            yield said.append
        except Stop as stop:
            self.add(check, stop.answer, time.monotonic() - start)
            raise
        self.add(check, said[-1] if said else Answer(), time.monotonic() - start)

    def skip(self, checks: Iterable[HostCheckName | ServerCheckName], message: str) -> None:
        asked = {check.check for check in self.checks}
        for check in checks:
            if check not in asked:
                self.add(check, Answer("skipped", message, "connect/skipped"))
