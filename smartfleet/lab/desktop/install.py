"""Puts the stand-in client into a host's folder as ``usr/bin/nextcloud``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SHEBANG_LIMIT = 127
"""Bytes that every Linux reads of a first line; newer ones read 255."""

BODY = '''\
"""The desktop client of a smartfleet lab host."""
import sys
from pathlib import Path

from smartfleet.lab.desktop.program import Program, main
from smartfleet.lab.desktop.surroundings import LinuxDesktop

sys.exit(main(Program({version!r}, {qt}, Path({state!r})), LinuxDesktop(), sys.argv[1:]))
'''


def install_client(root: Path, *, version: str = "3.7.3", qt: int = 5) -> Path:
    """Writes the program for the host at `root` and returns its path; running clients leave notes in `client_state`."""
    program = root / "usr/bin/nextcloud"
    program.parent.mkdir(parents=True, exist_ok=True)
    body = BODY.format(version=version, qt=qt, state=os.fspath(client_state(root)))
    program.write_text(first_lines(sys.executable) + body, encoding="utf-8")
    program.chmod(0o755)
    return program


def client_state(root: Path) -> Path:
    """Where the clients of the host at `root` leave their pids and locks."""
    return root / "var/lib/lab"


def first_lines(interpreter: str) -> str:
    """``#!`` and the interpreter; through a shell if the kernel would not take that line.

    The kernel names the process after the script in the first case; in the second the program does it itself.
    """
    line = f"#!{interpreter}\n"
    if len(os.fsencode(line)) <= SHEBANG_LIMIT and not any(character.isspace() for character in interpreter):
        return line
    return f"#!/bin/sh\n'''exec' \"{interpreter}\" \"$0\" \"$@\"\n'''\n"
