"""Where a host keeps what smartfleet knows about its moves: ``ROOT/var/lib/smartfleet``, for the administrator only.

::

    lock                                 who works on this host
    runs/RUN/USER-XXXXXXXX/              one profile in one run; XXXXXXXX is a digest of user and config path
        order.json                       the ProfileMove, with the config's path as the host found it
        marks.jsonl                      what was begun and ended
        settled.json                     the two SHA-256 as they became when the client had written its last and quit
        client.json                      how the client was running before
        outcome.json                     the answer that the run got, told again when the same run asks again
        backup/                          config, journals, meta.json
        manifest-ACCOUNT-GROUP-ALIAS.gz  the sync folder before the move

A run that goes on with the open transaction of an earlier run has a link ``runs/NEW/NAME -> ../OLD/NAME``, so both
run ids lead to the same folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass
from typing import Any, Mapping, Tuple

from .marks import Mark, Marks

SETTLED = "settled.json"
RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def state_folder(root: str) -> str:
    return os.path.join(root, "var/lib/smartfleet")


def run_folder(root: str, run: str) -> str:
    """ValueError for a run id that is no plain name (it becomes part of a path)."""
    if not RUN.fullmatch(run):
        raise ValueError(f"{run!r} is no run id: letters, digits, dot, dash and underscore, at most 100")
    return os.path.join(state_folder(root), "runs", run)


def profile_name(user: str, config_path: str) -> str:
    """Folder name of a profile: readable, and the same for the same profile in every run."""
    digest = hashlib.sha256(os.fsencode(user) + b"\0" + os.fsencode(config_path)).hexdigest()[:8]
    return re.sub(r"[^A-Za-z0-9._]", "_", user)[:40].lstrip(".") + "-" + digest


def profile_folder(root: str, run: str, user: str, config_path: str) -> str:
    return os.path.join(run_folder(root, run), profile_name(user, config_path))


def manifest_path(folder: str, account: str, group: str, alias: str) -> str:
    """The manifest of a sync folder in the transaction's `folder`; an alias may hold any character."""
    plain = re.sub(r"[^A-Za-z0-9._-]", lambda found: f"%{ord(found[0]):02x}", alias)
    return os.path.join(folder, f"manifest-{account}-{group}-{plain}.gz")


def make_folder(path: str, *, below: str) -> None:
    """Make `path` and its parents under `below`, each 0700 and ours. OSError where something else lies there."""
    missing = []
    current = path
    while not os.path.lexists(current):
        missing.append(current)
        current = os.path.dirname(current)
    for folder in reversed(missing):
        os.mkdir(folder, 0o700 if folder.startswith(below) else 0o755)
        sync_folder(os.path.dirname(folder))
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise NotADirectoryError(f"{path} is not a folder of the administrator")


def sync_folder(path: str) -> None:
    """Make the names in a folder survive a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_json(path: str, data: Mapping[str, object]) -> None:
    """Replace a file of the state folder atomically and durably, mode 0600."""
    temporary = path + ".tmp"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as stream:
        json.dump(data, stream, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)
    sync_folder(os.path.dirname(path))


def read_json(path: str) -> dict[str, Any]:
    """OSError, or ValueError where the file is no JSON."""
    with open(path, encoding="utf-8") as stream:
        found: dict[str, Any] = json.load(stream)
    return found


@dataclass(frozen=True)
class Remembered:
    """A transaction that the host remembers.

    A client may write its configuration when it quits; then what was moved is another file than the plan saw. The two
    SHA-256 are those of the files that were really there; `planned` are the ones of the order.
    """

    run: str
    folder: str
    user: str
    config_path: str
    state: str  # open, done, undone
    step: str  # the last step that left a mark
    started: float
    old_sha256: str
    new_sha256: str
    planned: Tuple[str, str]

    def carries_out(self, old_sha256: str, new_sha256: str) -> bool:
        """Whether an order with these two is the one of this transaction."""
        return (old_sha256, new_sha256) in (self.planned, (self.old_sha256, self.new_sha256))


def transactions(root: str) -> list[Remembered]:
    """Every transaction of the host, oldest first. What cannot be read is left out: it was never begun."""
    runs = os.path.join(state_folder(root), "runs")
    found = []
    for run in _names(runs):
        for name in _names(os.path.join(runs, run)):
            folder = os.path.join(runs, run, name)
            if not os.path.islink(folder):
                found.extend(_remembered(run, folder))
    return sorted(found, key=lambda one: one.started)


def of_run(root: str, run: str) -> list[Remembered]:
    """Those that the run began, and those of earlier runs that it went on with. ValueError as `run_folder`."""
    folder = run_folder(root, run)
    folders = {os.path.realpath(os.path.join(folder, name)) for name in _names(folder)}
    return [one for one in transactions(root) if os.path.realpath(one.folder) in folders]


def _remembered(run: str, folder: str) -> list[Remembered]:
    try:
        order = read_json(os.path.join(folder, "order.json"))
        marks = Marks(os.path.join(folder, "marks.jsonl")).read()
        planned = (order["old_sha256"], order["new_sha256"])
        old_sha256, new_sha256 = _settled(folder) or planned
        return [
            Remembered(
                run=run,
                folder=folder,
                user=order["user"],
                config_path=order["config_path"],
                state=transaction_state(marks),
                step=next((mark.step for mark in reversed(marks) if mark.step != "transaction"), ""),
                started=_opened(marks) or os.stat(folder).st_mtime,
                old_sha256=old_sha256,
                new_sha256=new_sha256,
                planned=planned,
            )
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _settled(folder: str) -> Tuple[str, str] | None:
    try:
        found = read_json(os.path.join(folder, SETTLED))
    except FileNotFoundError:
        return None
    return found["old_sha256"], found["new_sha256"]


def _opened(marks: list[Mark]) -> float:
    """When the transaction was last begun; a run can begin a profile again that it had taken back."""
    return next((mark.time for mark in reversed(marks) if (mark.step, mark.state) == ("transaction", "open")), 0.0)


def transaction_state(marks: list[Mark]) -> str:
    """``open``, ``done`` or ``undone``: what the last mark of the transaction as a whole says."""
    for mark in reversed(marks):
        if mark.step == "transaction" and mark.state in ("done", "undone"):
            return mark.state
        if mark.step == "transaction":
            return "open"
    return "open"


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
