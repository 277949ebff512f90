"""What a stream's arguments ask for, as a command line of `ansible-playbook`. Of the files it looks which there are."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smartfleet.reading.stream import BrokenStreamError

_USED = {"playbook", "inventory", "limit", "forks", "cmdline", "envvars", "passwords", "project_dir"}
# they concern files and the terminal of ansible-runner, not what is done
_WITHOUT_MEANING = {"ident", "quiet", "settings", "suppress_env_files", "suppress_ansible_output", "keepalive_seconds"}


@dataclass(frozen=True)
class Options:
    """`command`: what would stand behind `ansible-playbook`. `passwords`: answers by the pattern of their question."""

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)


def options(arguments: Mapping[str, Any], private: Path) -> Options:
    """As ansible-runner takes them. What would change the run and is not known here is refused, not left out."""
    unknown = sorted(
        name for name, value in arguments.items() if value is not None and name not in _USED | _WITHOUT_MEANING
    )
    if unknown:
        raise BrokenStreamError(f"the stream asks for what reading does not know: {', '.join(unknown)}")
    if not isinstance(arguments.get("playbook"), str):
        raise BrokenStreamError("the stream names no playbook")
    extra = private / "env" / "extravars"
    return Options(
        command=(
            *shlex.split(arguments.get("cmdline") or ""),
            *_inventory(arguments, private),
            *(("--limit", str(arguments["limit"])) if arguments.get("limit") else ()),
            *(("--extra-vars", f"@{extra}") if extra.is_file() else ()),
            *(("--forks", str(arguments["forks"])) if arguments.get("forks") else ()),
            arguments["playbook"],
        ),
        folder=Path(arguments.get("project_dir") or private / "project"),
        environment={str(name): str(value) for name, value in (arguments.get("envvars") or {}).items()},
        passwords={str(asked): str(answer) for asked, answer in (arguments.get("passwords") or {}).items()},
    )


def _inventory(arguments: Mapping[str, Any], private: Path) -> tuple[str, ...]:
    named = arguments.get("inventory")
    if named is None:
        named = "inventory" if (private / "inventory").exists() else ()
    listed = [named] if isinstance(named, str) else named
    return tuple(option for one in listed for option in ("--inventory", str(private / one)))
