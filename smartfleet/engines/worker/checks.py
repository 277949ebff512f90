"""What a worker looks at before it says hello. Each refusal names what mends it; nothing was begun then."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from smartfleet import __version__
from smartfleet.engines.collections import has_collection
from smartfleet.engines.playbooks import playbooks_digest
from smartfleet.engines.protocol import Ended
from smartfleet.engines.wire import PROTOCOL
from smartfleet.engines.worker.handing import can_run_programs
from smartfleet.engines.worker.marks import first_time, marks_folder
from smartfleet.engines.worker.request import Request
from smartfleet.processes import age
from smartfleet.text import bytes_text, visible

SPARE = 100_000_000
"""Bytes that must be free beside the payload's: what hosts answer passes through files."""
SKEW = 60.0
"""Seconds that the clocks of worker and controller may be apart: deadlines are points in time."""

LONGEST = 56
"""Bytes that the name of the folder for temporary files may have. ssh's socket below it is 51 longer while it is made
(``/smartfleet-…/cp/….…``), and no socket's name may have more than 107.
"""

Check = Callable[[Request], Ended | None]


def refusal(request: Request) -> Ended | None:
    """The first reason not to carry it; None: it may begin. The last check notes the attempt."""
    checks = _GENERAL if request.ask == "check" else (*_GENERAL, _program, _collections, _attempt)
    return next((found for check in checks if (found := check(request))), None)


def free_bytes() -> int:
    return shutil.disk_usage(tempfile.gettempdir()).free


def _version(request: Request) -> Ended | None:
    if (request.protocol, request.version) == (PROTOCOL, __version__):
        return None
    return _refused(
        "worker/version",
        f"the worker has smartfleet {__version__}, the controller {visible(request.version)}",
        "playbooks and modules of two versions do not go together",
        f"install smartfleet {visible(request.version)} on the worker, or {__version__} on the controller",
    )


def _playbooks(request: Request) -> Ended | None:
    if request.playbooks == playbooks_digest():
        return None
    return _refused(
        "worker/playbooks",
        "the worker's playbooks or modules are not the controller's, though their version is the same",
        "hosts of one run would be treated in two ways",
        f"install the same smartfleet {__version__} on both, from the same wheel",
    )


def _clock(request: Request) -> Ended | None:
    ahead = time.time() - request.now
    if ahead > 0:
        # a busy machine takes long to start this program, while the question waits: that is no wrong clock
        ahead = max(0.0, ahead - age())
    if abs(ahead) <= SKEW:
        return None
    return _refused(
        "worker/clock",
        f"the worker's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the controller's",
        "maintenance windows and deadlines would end at another time there",
        "set the clocks of both machines (chronyc makestep, or timedatectl set-ntp true)",
    )


def _disk(request: Request) -> Ended | None:
    needed = SPARE + 3 * request.size
    try:
        free = free_bytes()
    except OSError as error:
        # where not one byte can be written, no folder counts as one for temporary files
        found = f"no temporary file can be written on the worker: {error.strerror}"
    else:
        if free >= needed:
            return None
        found = f"{bytes_text(free)} are free in {tempfile.gettempdir()} on the worker, {bytes_text(needed)} are needed"
    return _refused(
        "worker/disk",
        found,
        "a playbook that cannot write would end in its middle",
        "make room there, or start the worker with TMPDIR on another disk",
    )


def _sockets(_request: Request) -> Ended | None:
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) <= LONGEST:
        return None
    return _refused(
        "worker/long-name",
        f"the name of the folder for temporary files is too long on the worker: {folder}",
        f"ssh and Ansible have sockets below it, whose names are limited: it may have {LONGEST} bytes",
        "start the worker with TMPDIR=/tmp, or another folder with a short name (on this machine: export TMPDIR=/tmp)",
    )


def _program(request: Request) -> Ended | None:
    folder = tempfile.gettempdir()
    if request.inventory is None or can_run_programs(Path(folder)):
        return None
    return _refused(
        "worker/noexec",
        f"programs may not be run in {folder} on the worker (noexec)",
        "the shard's hosts are handed to Ansible by a program there, so that their passwords are in no file",
        "start the worker with TMPDIR in a folder where programs may be run",
    )


def _collections(request: Request) -> Ended | None:
    missing = [name for name in request.needs if not has_collection(name, Path.home())]
    if not missing:
        return None
    return _refused(
        "worker/collection",
        f"the worker lacks the collection {', '.join(visible(name) for name in missing)}",
        "the playbook would end in its middle, with clients that were stopped",
        "on the worker: pip install 'smartfleet[windows]'",
    )


def _attempt(request: Request) -> Ended | None:
    folder = marks_folder(os.environ)
    try:
        if first_time(request.key, folder):
            return None
    except OSError as error:
        return _refused(
            "worker/state",
            f"the worker cannot note the attempt in {folder}: {error.strerror}",
            "it could not tell if it were given the same attempt again",
            f"let the worker's user write there, or name another folder in XDG_STATE_HOME: {folder}",
        )
    return _refused(
        "worker/same-attempt",
        f"the worker was given the attempt {visible(request.key)} before",
        "an attempt is carried once: two playbooks would work on the same hosts",
        "smartfleet show HOST, to see what is known of one of these hosts",
    )


def _refused(code: str, message: str, why: str, do: str) -> Ended:
    return Ended("failed", begun=False, code=code, message=message, why=why, do=do)


_GENERAL: tuple[Check, ...] = (_version, _playbooks, _clock, _disk, _sockets)
