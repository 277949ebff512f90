"""The program as it is started: its arguments, and the version that it tells."""

from __future__ import annotations

import argparse
import contextlib
import platform
from dataclasses import dataclass
from pathlib import Path

from smartfleet.lab.desktop.surroundings import Surroundings


@dataclass(frozen=True)
class Program:
    """Which client this one claims to be; in `state`, a folder of the host, it leaves its pid and its lock."""

    version: str
    qt: int
    state: Path

    @property
    def numbers(self) -> tuple[int, int, int]:
        major, minor, patch = (int(part) for part in self.version.split("."))
        return major, minor, patch


def main(program: Program, surroundings: Surroundings, arguments: list[str]) -> int:
    """The exit status."""
    _name_process(surroundings.process_name)
    options = _parse(arguments)
    if options.version:
        print(_version_text(program))  # noqa: T201 - the program's own output
        return 0
    # every audit asks for the version, and need not wait for the rest
    from smartfleet.lab.desktop.client import run  # noqa: PLC0415

    return run(program, surroundings, options)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nextcloud")
    parser.add_argument("-v", "--version", action="store_true")
    parser.add_argument("-q", "--quit", action="store_true")
    parser.add_argument("--background", action="store_true")
    parser.add_argument("--confdir")
    parser.add_argument("--logfile")
    parser.add_argument("--logdebug", action="store_true")
    parser.add_argument("--logflush", action="store_true")
    return parser.parse_args(arguments)


def _version_text(program: Program) -> str:
    qt = "5.15.8" if program.qt == 5 else "6.8.2"
    return (
        f"Nextcloud version {program.version}git\nUsing Qt {qt}, built against Qt {qt}\nRunning on {platform.system()}"
    )


def _name_process(name: str) -> None:
    """Gives the process its name also where an interpreter was started for the script."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name)
