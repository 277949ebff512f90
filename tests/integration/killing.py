"""Run a command of smartfleet in a process of its own, and have it killed where it hurts.

At a commit of its store (``python -m tests.integration.killing`` counts them, in place of ``python -m
smartfleet.cli.main``), or when a host has written a mark. The commands themselves know nothing of this.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

When = Literal["before", "after"]
"""Whether the commit, at which a process is killed, happens."""
MARK = "SMARTFLEET_TEST_MARK"
SECONDS = 600.0


@dataclass(frozen=True)
class Kill:
    """At the `number`-th commit, or at the `number`-th one that writes `what`. 0: never, they are only counted.

    `since`: counted from the first one on that wrote this.
    """

    number: int
    when: When = "before"
    what: str = ""
    since: str = ""


@dataclass(frozen=True)
class Ended:
    """How a command ended. `commits` are those that it began, each as what it wrote, such as ``insert runs``."""

    code: int
    out: str
    err: str
    commits: list[str] = field(default_factory=list)

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def document(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


class Controller:
    """Runs commands on a fleet; everything that they start carries a mark in its environment."""

    def __init__(self, fleet: Path, work: Path) -> None:
        self.fleet = fleet
        self.temporary = work / "t"  # short, for sockets lie in it
        self.temporary.mkdir(parents=True, exist_ok=True)
        self._commits = work / "commits"
        self._environment = {**os.environ, "TMPDIR": str(self.temporary), MARK: str(work)}
        self._environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)

    def start(self, *words: str, kill: Kill | None = None) -> subprocess.Popen[str]:
        """Begins a command, to be killed at one of its commits."""
        self._commits.write_text("")
        program = ["smartfleet.cli.main"]
        if kill is not None:
            program = ["tests.integration.killing", str(self._commits), json.dumps(asdict(kill))]
        return subprocess.Popen(
            [sys.executable, "-m", *program, *words, "--fleet", str(self.fleet)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
            start_new_session=True,
        )

    def run(self, *words: str, kill: Kill | None = None) -> Ended:
        return self.end(self.start(*words, kill=kill))

    def run_until(self, reached: Callable[[], bool], *words: str) -> Ended:
        """Runs a command and kills it as soon as `reached` says so; it may end before."""
        process = self.start(*words)
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and not reached():
            assert time.monotonic() < deadline
            time.sleep(0.002)
        if process.poll() is None:
            process.kill()
        return self.end(process)

    def end(self, process: subprocess.Popen[str]) -> Ended:
        with process:
            try:
                out, err = process.communicate(timeout=SECONDS)
            except BaseException:
                # else it would trouble the tests that follow
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return Ended(process.returncode, out, err, self._commits.read_text().splitlines())

    def left(self) -> list[str]:
        """Command lines of the processes that commands of this controller left behind."""
        return [line for process in Path("/proc").iterdir() if process.name.isdigit() and (line := self._ours(process))]

    def wait_clean(self, seconds: float = 180.0) -> None:
        """Nothing may stay of a command that ended or was killed: no process, no file."""
        deadline = time.monotonic() + seconds
        while (left := [*self.left(), *(str(path) for path in self.temporary.iterdir())]) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.05)
        assert left == []

    def _ours(self, process: Path) -> str:
        needle = os.fsencode(f"{MARK}={self._environment[MARK]}")
        try:
            if needle not in process.joinpath("environ").read_bytes().split(b"\0"):
                return ""
            words = process.joinpath("cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            return ""
        return f"{process.name} {words.decode(errors='replace')}"


def reached(marks: Callable[[], Sequence[Path]], mark: str) -> Callable[[], bool]:
    """Whether one of the files has the mark ``STEP STATE``; a line that is half written has not."""
    step, state = (json.dumps(word).encode() for word in mark.split(" "))
    start = b'{"step": %s, "state": %s,' % (step, state)

    def found() -> bool:
        return any(line.startswith(start) for path in marks() for line in path.read_bytes().split(b"\n")[:-1])

    return found


class Killer:
    """Counts the commits of this process that write, and ends it at one of them."""

    def __init__(self, told: Path, kill: Kill) -> None:
        self._told = told
        self._kill = kill
        self._count = 0
        self._written: list[str] = []
        self._counting = not kill.since

    def install(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._statement)
        commit: Callable[[DefaultDialect, Any], None] = DefaultDialect.do_commit

        def counted(dialect: DefaultDialect, connection: Any) -> None:
            what, self._written = ", ".join(self._written), []
            counts = self._counting and bool(what) and self._kill.what in ("", what)
            self._count += counts
            self._counting |= what == self._kill.since
            if what:
                with self._told.open("a", encoding="utf-8") as file:
                    file.write(f"{what}\n")
            if counts:
                self._die("before")
            commit(dialect, connection)
            if counts:
                self._die("after")

        DefaultDialect.do_commit = counted  # type: ignore[method-assign]  # this process may be about to die

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        words = statement.lower().replace('"', "").split()
        if words[0] in ("insert", "update", "delete"):
            name = f"{words[0]} {words[1] if words[0] == 'update' else words[2]}"
            if name not in self._written:
                self._written.append(name)

    def _die(self, when: When) -> None:
        if (self._count, when) == (self._kill.number, self._kill.when):
            os.kill(os.getpid(), signal.SIGKILL)


def _main() -> None:
    told, kill, *words = sys.argv[1:]
    # imported here: what Ansible is run by imports this file again, and needs none of it
    from smartfleet.cli.main import main  # noqa: PLC0415

    Killer(Path(told), Kill(**json.loads(kill))).install()
    main(words)


if __name__ == "__main__":
    _main()
