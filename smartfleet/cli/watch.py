"""Shows a run on stderr while it goes on: a picture that moves on a terminal, lines on a pipe; events on stdout."""

from __future__ import annotations

import contextlib
import sys
import termios
import threading
import time
from types import TracebackType
from typing import Self

import click
from rich.console import Console, RenderableType
from rich.live import Live

from smartfleet.cli.options import Format, confirm
from smartfleet.cli.remarks import Remarks
from smartfleet.model.events import Event
from smartfleet.report.lines import line, still
from smartfleet.report.terminal.watching import watching
from smartfleet.report.watching import Watching

_SECONDS_BETWEEN_LINES = 30.0
_TICK = 0.2


class Watcher:
    """Use it as a context; `tell` takes the run's events, `ask` its questions, `notify` its remarks."""

    def __init__(self, form: Format, *, yes: bool) -> None:
        self._picture = Watching()
        self._stream = form == "jsonl"
        self._yes = yes
        self._lock = threading.RLock()
        self._console = Console(stderr=True, highlight=False, emoji=False, markup=False)
        # a picture that moves and a stream of events cannot share a terminal
        moves = self._console.is_terminal and not (self._stream and sys.stdout.isatty())
        self._live: Live | None = self._new_live() if moves else None
        self._last = time.monotonic()
        self._over = threading.Event()
        self._remarks = Remarks(self._say)
        self._ticker = threading.Thread(target=self._tick, name="smartfleet-watch", daemon=True)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        self._remarks.__enter__()
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._ticker.join()
        self._remarks.__exit__(kind, error, trace)
        if self._live:
            self._live.stop()

    def tell(self, event: Event) -> None:
        with self._lock:
            self._picture.tell(event)
            told = "" if self._live else line(self._picture, event, event.time)
        if self._stream:
            self._pass_on(event)
        if told:
            self._write(told)

    def notify(self, message: str) -> None:
        """Called from signal handlers too, whose thread may hold any lock: another thread says it."""
        self._remarks.put(message)

    def ask(self, question: str) -> bool:
        """The picture stands still while the admin thinks; with --yes nobody is asked. Ctrl-C interrupts the run."""
        if self._live:
            self._live.stop()
        _forget_typed()
        try:
            return confirm(question, yes=self._yes)
        except click.Abort:
            raise KeyboardInterrupt from None
        finally:
            if self._live:
                self._live = self._new_live()
                self._live.start()

    def __rich__(self) -> RenderableType:
        """What the terminal shows; called from rich's own thread."""
        with self._lock:
            return watching(self._picture, time.time()) if self._picture.hosts else ""

    def _new_live(self) -> Live:
        return Live(self, console=self._console, redirect_stdout=False, redirect_stderr=False, vertical_overflow="crop")

    def _tick(self) -> None:
        while not self._over.wait(_TICK):
            if self._live or time.monotonic() - self._last < _SECONDS_BETWEEN_LINES:
                continue
            with self._lock:
                told = still(self._picture, time.time())
            if told:
                self._write(told)

    def _say(self, remark: str) -> None:
        if self._live:
            self._console.print(remark)
        else:
            self._write(remark)

    def _pass_on(self, event: Event) -> None:
        """Whoever reads the events may have enough of them; the run goes on."""
        try:
            click.echo(event.shown_json())
        except BrokenPipeError:
            self._stream = False
            sys.stdout = None

    def _write(self, text: str) -> None:
        # not through rich: it would wrap the line at a width that a pipe has not
        self._last = time.monotonic()
        with contextlib.suppress(BrokenPipeError):
            click.echo(text, err=True)


def _forget_typed() -> None:
    """A key that was hit hours ago is no answer."""
    with contextlib.suppress(OSError, ValueError, termios.error):
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
