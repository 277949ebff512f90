"""The desktop clients that run on this host, and whose they are.

A process belongs to a profile when its uid is the person's and its configuration folder is the profile's; the uid alone
does not do, for one user may run a second client with --confdir, and in a lab all users share a uid.

On Linux this is /proc. macOS has none: there it is ps, whose list has no environment and no quotes (so an argument with
a blank falls apart); this suffices to see who runs a client, and moves are not offered there. Not run on a Mac yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Mapping, Sequence

CLIENT_NAMES = ("nextcloud", "Nextcloud")
INTERPRETERS = ("python", "sh", "bash", "dash", "perl", "env")
ONE_SHOT = {"-q", "--quit", "-v", "--version", "-h", "--help"}
READ_LIMIT = 256 * 1024


@dataclass(frozen=True)
class Process:
    """A running client. `mark` is its start in the kernel's own unit: pid and mark together never come twice."""

    pid: int
    uid: int
    exe: str
    argv: tuple[str, ...]
    started: float
    mark: str
    parent: int = 0
    cwd: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments without the program, and without the interpreter of a program that is a script."""
        for index, word in enumerate(self.argv[:2]):
            if os.path.basename(word) in CLIENT_NAMES:
                return self.argv[index + 1 :]
        return self.argv[1:]


def clients() -> list[Process]:
    """Every running client that this process may look at, by pid; another user's environment only as root."""
    found = _from_ps() if sys.platform == "darwin" else _from_proc()
    return [process for process in found if not ONE_SHOT & set(process.arguments)]


def config_folder(process: Process, home: str) -> str:
    """Where the client of this process keeps its configuration: --confdir, XDG_CONFIG_HOME or HOME."""
    arguments = process.arguments
    for index, word in enumerate(arguments):
        if word == "--confdir" and index + 1 < len(arguments):
            return os.path.normpath(os.path.join(process.cwd or "/", arguments[index + 1]))
        if word.startswith("--confdir="):
            return os.path.normpath(os.path.join(process.cwd or "/", word.partition("=")[2]))
    home = process.environ.get("HOME") or home
    if sys.platform == "darwin":
        return os.path.join(home, "Library/Preferences/Nextcloud")
    base = process.environ.get("XDG_CONFIG_HOME", "")
    return os.path.normpath(os.path.join(base if os.path.isabs(base) else os.path.join(home, ".config"), "Nextcloud"))


def of_person(processes: Sequence[Process], uid: int, home: str, root: str = "/") -> list[Process]:
    """Those of `processes` that are this person's. In a lab, where all users share a uid, the home decides."""
    mine = [one for one in processes if one.uid == uid]
    return mine if root == "/" else [one for one in mine if one.environ.get("HOME") == home]


def of_folder(processes: Sequence[Process], uid: int, folder: str, home: str) -> list[Process]:
    """Those of `processes` that use the configuration in `folder`. To be called as the user: it follows links."""
    here = os.path.realpath(folder)
    return [one for one in processes if one.uid == uid and os.path.realpath(config_folder(one, home)) == here]


def first(processes: Sequence[Process]) -> Process | None:
    """The client itself among a profile's processes: the one that no other has started, the oldest."""
    pids = {process.pid for process in processes}
    roots = [process for process in processes if process.parent not in pids]
    return min(roots, key=lambda process: (process.started, process.pid), default=None)


def alive(process: Process) -> bool:
    """Whether this very process still runs; a zombie does not."""
    if sys.platform == "darwin":
        return any(one.pid == process.pid and one.mark == process.mark for one in _from_ps())
    fields = _stat_fields(process.pid)
    return fields is not None and fields[0] not in (b"Z", b"X") and fields[19].decode() == process.mark


def _from_proc() -> list[Process]:
    boot = _boot_time()
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    found = [_process(pid, boot) for pid in pids if pid != os.getpid() and _may_be_client(pid)]
    return [process for process in found if process is not None]


def _may_be_client(pid: int) -> bool:
    """By the name that the kernel keeps; the command line is read only where the name is an interpreter's."""
    name = _read(pid, "comm").rstrip(b"\n").decode("utf-8", "replace")
    if name in CLIENT_NAMES:
        return True
    if not name.startswith(INTERPRETERS):
        return False
    words = _read(pid, "cmdline").split(b"\0")[:2]
    return any(os.path.basename(word) in (b"nextcloud", b"Nextcloud") for word in words)


def _process(pid: int, boot: float) -> Process | None:
    fields = _stat_fields(pid)
    argv = _words(_read(pid, "cmdline"))
    if fields is None or not argv or fields[0] in (b"Z", b"X"):
        return None
    try:
        uid = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
    environ = dict(word.partition("=")[::2] for word in _words(_read(pid, "environ")))
    return Process(
        pid=pid,
        uid=uid,
        exe=_link(pid, "exe").replace(" (deleted)", ""),
        argv=tuple(argv),
        started=boot + int(fields[19]) / os.sysconf("SC_CLK_TCK"),
        mark=fields[19].decode(),
        parent=int(fields[1]),
        cwd=_link(pid, "cwd"),
        environ=environ,
    )


def _stat_fields(pid: int) -> list[bytes] | None:
    """/proc/PID/stat behind the name, which may hold blanks and brackets: state, parent, ..; [19] is the start."""
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return fields if len(fields) > 19 else None


def _boot_time() -> float:
    with open("/proc/stat", "rb") as stream:
        for line in stream:
            if line.startswith(b"btime "):
                return float(line.split()[1])
    return 0.0


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as stream:
            return stream.read(READ_LIMIT)
    except OSError:
        return b""


def _words(data: bytes) -> list[str]:
    return [os.fsdecode(word) for word in data.rstrip(b"\0").split(b"\0")] if data else []


def _link(pid: int, name: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""


def _from_ps() -> list[Process]:
    command = ["ps", "-axww", "-o", "pid=,ppid=,uid=,lstart=,command="]
    try:
        done = subprocess.run(command, capture_output=True, timeout=20, env={"LC_ALL": "C"}, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return parse_ps(done.stdout.decode("utf-8", "replace"))


def parse_ps(text: str) -> list[Process]:
    """Clients among the lines ``PID PPID UID Sun Nov 22 05:53:05 2026 COMMAND``."""
    found = []
    for line in text.splitlines():
        words = line.split(None, 8)
        if len(words) < 9 or not (words[0].isdigit() and words[1].isdigit() and words[2].isdigit()):
            continue
        argv = words[8].split()
        if os.path.basename(argv[0]) not in CLIENT_NAMES:
            continue
        start = " ".join(words[3:8])
        started = time.mktime(time.strptime(start, "%a %b %d %H:%M:%S %Y"))
        parent = int(words[1])
        found.append(Process(int(words[0]), int(words[2]), argv[0], tuple(argv), started, start, parent))
    return found
