"""The program in the place of ``ansible-runner worker``: a stream in, events out, and an end in any case."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from smartfleet.reading.ahead import Questions, begin_ansible
from smartfleet.reading.children import Children, noting
from smartfleet.reading.ending import CancelledError, Ending
from smartfleet.reading.events import Events, Said
from smartfleet.reading.masters import Masters
from smartfleet.reading.options import Options, options
from smartfleet.reading.stream import BrokenStreamError, receive
from smartfleet.reading.surroundings import Surroundings
from smartfleet.reading.turn import Turn

BROKEN, CANCELLED = 250, 254
_LARGEST_RESULT = 64 * 1024 * 1024


def main(arguments: Sequence[str]) -> int:
    """`arguments`: ``worker --private-data-dir DIR``; DIR is there, and the caller's to remove. With ``--ahead FOLDER``
    Ansible is imported there before the stream comes, which then must name the same folder; see `ahead`.

    Ended by TERM, INT or HUP, and by the end of standard input behind the stream: whoever sent it is gone.
    """
    parser = argparse.ArgumentParser(prog="smartfleet.reading")
    parser.add_argument("verb", choices=["worker"])
    parser.add_argument("--private-data-dir", required=True, type=Path)
    parser.add_argument("--ahead", type=Path)
    given = parser.parse_args(arguments)
    private = given.private_data_dir.absolute()
    stream, descriptor = _take_streams()
    events = Events(descriptor, int(os.environ.get("MAX_EVENT_RES", _LARGEST_RESULT)))
    said = io.TextIOWrapper(Said(events), encoding="utf-8", write_through=True)  # type: ignore[type-var]
    ending = Ending()
    try:
        ending.heed()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            rc = _run(stream, private, given.ahead, events, ending)
        state, more = "failed" if rc else "successful", {}
    except BrokenStreamError as error:
        rc, state, more = BROKEN, "error", {"job_explanation": str(error)}
    except OSError as error:
        rc, state, more = BROKEN, "error", {"job_explanation": f"this machine does not let it work: {error}"}
    except CancelledError:
        rc, state, more = CANCELLED, "canceled", {}
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin of the inventory may raise whatever it likes
        traceback.print_exc()
        rc, state, more = BROKEN, "error", {"job_explanation": repr(error)}
    ending.ignore()
    events.status(state, rc=rc, **more)
    events.end()
    return rc


def _take_streams() -> tuple[IO[bytes], int]:
    """Standard input and output. Nothing below this program gets them: it reads nothing, and writes to the error."""
    stream, descriptor = os.fdopen(os.dup(0), "rb"), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return stream, descriptor


def _run(stream: IO[bytes], private: Path, ahead: Path | None, events: Events, ending: Ending) -> int:
    turn, children, masters = Turn(), Children(), Masters(private)
    subprocess.Popen = noting(children, ending.held)  # type: ignore[assignment, misc]
    try:
        if ahead is not None:
            begin_ansible(ahead)
        questions = Questions(events)
        asked = options(receive(stream, private, questions.answer), private)
        if ahead is not None and not ahead.samefile(asked.folder):
            raise BrokenStreamError(f"Ansible was begun in {ahead}, the stream wants {asked.folder}")
        threading.Thread(target=_watch, args=(stream.fileno(),), daemon=True).start()
        events.status("running")
        settings = {**questions.environment, **asked.environment}
        os.environ |= settings
        if ahead is None:
            begin_ansible(asked.folder)
        return _read(asked, settings, Surroundings(events, turn, children, masters))
    finally:
        events.hush()
        children.give_up_all()
        masters.end_all()


def _read(asked: Options, settings: Mapping[str, str], surroundings: Surroundings) -> int:
    # Ansible reads its settings while it is imported
    from smartfleet.reading.reader import read  # noqa: PLC0415
    from smartfleet.reading.settings import renew  # noqa: PLC0415

    renew(settings)
    sys.argv[1:] = asked.command
    return read(asked.command, asked.passwords, surroundings)


def _watch(descriptor: int) -> None:
    # without the stream's own buffer, whose lock this thread would keep when the program ends
    while os.read(descriptor, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
