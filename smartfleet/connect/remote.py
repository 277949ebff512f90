"""What the host itself must have: Python, space for backups, a clock that is right."""

from __future__ import annotations

import shlex
import time

import paramiko

from smartfleet.connect.clock import skew
from smartfleet.connect.ladder import Answer, Stop, failed, warning
from smartfleet.connect.said import Said
from smartfleet.connect.target import Target, text_var
from smartfleet.connect.transport import Transport
from smartfleet.text import bytes_text, visible

OLDEST_PYTHON = (3, 9)
# Ansible's own list of names (INTERPRETER_PYTHON_FALLBACK), newest first
PYTHONS = [f"python3.{minor}" for minor in range(14, 6, -1)] + ["/usr/libexec/platform-python", "python3"]
LITTLE_SPACE = 512 * 10**6
NO_SPACE = 64 * 10**6
OUTPUT_LIMIT = 64 * 1024


class Shell:
    """Runs short commands over one connection."""

    def __init__(self, transport: Transport, timeout: float) -> None:
        self._transport = transport
        self._timeout = timeout

    def run(self, script: str, stdin: str = "") -> Said:
        """`script` under /bin/sh, whatever the login shell is. Stop when the connection breaks or nothing comes."""
        try:
            channel = self._transport.open_session(timeout=self._timeout)
            channel.settimeout(self._timeout)
            channel.exec_command(f"/bin/sh -c {shlex.quote(script)}")
            if stdin:
                channel.sendall(stdin.encode())
            channel.shutdown_write()
            out = channel.makefile("rb").read(OUTPUT_LIMIT)
            err = channel.makefile_stderr("rb").read(OUTPUT_LIMIT)
            return Said(channel.recv_exit_status(), out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise Stop(
                failed(
                    "connect/no-command",
                    f"no command can be run on the host: {visible(str(error)) or type(error).__name__}",
                    why="Ansible works by running commands there",
                    do="look for ForceCommand, a restricted shell or a login script that waits",
                )
            ) from error


def python(shell: Shell, target: Target) -> Answer:
    """The interpreter that Ansible would take, and whether it is new enough."""
    named = text_var(target, "ansible_python_interpreter")
    names = PYTHONS if not named or named.startswith("auto") else [named]
    tell = 'import sys; print("%d.%d.%d %s" % (sys.version_info[:3] + (sys.executable,)))'
    words = " ".join(shlex.quote(name) for name in names)
    said = shell.run(
        f'for p in {words}; do if command -v "$p" >/dev/null 2>&1; then "$p" -c {shlex.quote(tell)} && exit 0; fi; '
        "done; exit 1"
    )
    if said.code:
        return failed(
            "connect/python-missing",
            f"{visible(named)} does not run on the host" if named else "the host has no Python 3",
            why="the modules that audit and move are Python programs",
            do="correct ansible_python_interpreter" if named else "install it on the host: apt-get install python3",
        )
    version, _, path = said.out.strip().splitlines()[-1].partition(" ")
    if tuple(int(part) for part in version.split(".")) < OLDEST_PYTHON:
        return failed(
            "connect/python-old",
            f"the host's Python is {visible(version)} ({visible(path)}); {'.'.join(map(str, OLDEST_PYTHON))} is needed",
            why="Ansible's modules do not run on it",
            do="install a newer Python beside it and name it in ansible_python_interpreter",
        )
    return Answer(message=f"{visible(version)} ({visible(path)})")


def disk(shell: Shell, target: Target) -> Answer:
    """Free space where backups and manifests go."""
    root = text_var(target, "smartfleet_root").rstrip("/")
    place = f"{root}/var/lib"
    said = shell.run(f'p={shlex.quote(place)}; while [ ! -d "$p" ]; do p=$(dirname "$p"); done; df -Pk "$p"')
    return judge_df(said.out, place)


def judge_df(text: str, place: str) -> Answer:
    """What ``df -Pk`` says. Pure."""
    lines = text.strip().splitlines()
    fields = lines[-1].split() if lines else []
    if len(fields) < 6 or not fields[3].lstrip("-").isdigit():
        return warning(
            "connect/disk-unknown", f"df did not tell about {place}", why="backups need space", do=f"df -Pk {place}"
        )
    free = int(fields[3]) * 1024
    message = f"{bytes_text(free)} free on {visible(fields[5])}"
    if free >= LITTLE_SPACE:
        return Answer(message=message)
    bad = failed if free < NO_SPACE else warning
    return bad(
        "connect/disk-full",
        f"only {message}",
        why="configuration, journals and the list of files are kept there before anything is changed",
        do=f"make space on {visible(fields[5])}: du -xh {place} | sort -h | tail",
    )


def clock(shell: Shell) -> Answer:
    """The host's clock against ours; half of the way there and back is taken off."""
    before = time.time()
    said = shell.run("date +%s")
    after = time.time()
    return judge_clock(said.out.strip(), (before + after) / 2, (after - before) / 2)


def judge_clock(text: str, here: float, doubt: float) -> Answer:
    """`text` is the host's seconds since the epoch, `doubt` how far off that may be. Pure."""
    if not text.isdigit():
        return warning("connect/clock-unknown", "date did not tell the time", why="times are compared", do="date +%s")
    why = "certificates, locks and the times of files are judged by it"
    return skew(int(text), here, doubt, why=why, do="on the host: timedatectl set-ntp true")
