"""How OpenSSH's client is called to bring the bytes of a shard to a worker and back. Pure.

The admin's own `~/.ssh/config` counts for all that is not said here: a jump host, another user, a port.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from smartfleet.errors import EngineError
from smartfleet.fleet.engines import SshWorker
from smartfleet.text import visible

PROGRAM = "ssh"
WORKER = ("smartfleet", "worker")
"""What is asked for. A forced command, as docs/engines.md wants it, is run whatever is asked for."""
ALIVE_SECONDS, ALIVE_TIMES = 10, 3
CONNECT_SECONDS = 15
_OPTIONS = {
    # nobody sits there who could type a password or say yes to a key
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    # a shared connection would live on without its shard, or take other shards with it when it ends
    "ControlMaster": "no",
    "ControlPath": "none",
    # a link that is gone is noticed, also where no byte is under way
    "ServerAliveInterval": str(ALIVE_SECONDS),
    "ServerAliveCountMax": str(ALIVE_TIMES),
    "TCPKeepAlive": "yes",
    "ConnectTimeout": str(CONNECT_SECONDS),
    # the worker needs nothing of this machine but the bytes
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "ClearAllForwardings": "yes",
    "PermitLocalCommand": "no",
    "Tunnel": "no",
    "RequestTTY": "no",
    "EscapeChar": "none",
    # what goes wrong, without the banners of the machine
    "LogLevel": "ERROR",
}


def command(worker: SshWorker, folder: Path) -> list[str]:
    """The arguments that start a worker; files that are not absolute lie in `folder`."""
    words = [PROGRAM, "-T"]
    for name, value in _OPTIONS.items():
        words += ["-o", f"{name}={value}"]
    named = files(worker, folder)
    if "identity_file" in named:
        # this key alone: an agent with many would use up the tries that sshd allows
        words += ["-o", f"IdentityFile={_quoted(named['identity_file'])}", "-o", "IdentitiesOnly=yes"]
    if "known_hosts_file" in named:
        words += ["-o", f"UserKnownHostsFile={_quoted(named['known_hosts_file'])}"]
        words += ["-o", "GlobalKnownHostsFile=/dev/null"]
    if worker.port:
        words += ["-p", str(worker.port)]
    return [*words, "--", worker.destination, *WORKER]


def by_hand(worker: SshWorker, folder: Path) -> str:
    """What an admin types to see for himself, with what ssh asks and says then."""
    key = files(worker, folder).get("identity_file")
    words = [PROGRAM, *(["-p", str(worker.port)] if worker.port else []), *(["-i", str(key)] if key else [])]
    return f"{shlex.join([*words, worker.destination, *WORKER])} < /dev/null"


def files(worker: SshWorker, folder: Path) -> dict[str, Path]:
    """The files that the settings name, by their keys. EngineError for one in the home folder of nobody."""
    named = {"identity_file": worker.identity_file, "known_hosts_file": worker.known_hosts_file}
    return {key: _in(folder, file) for key, file in named.items() if file}


def _in(folder: Path, file: str) -> Path:
    try:
        return folder.absolute() / Path(file).expanduser()
    except RuntimeError as error:
        raise EngineError(
            "engine/ssh-files",
            f"{visible(file)} in smartfleet.yml: nobody knows that home folder",
            why="ssh cannot sign in without its files, or cannot tell whom it talks to",
            do="name a user of this machine behind ~, or the whole path",
        ) from error


def _quoted(path: Path) -> str:
    """As OpenSSH reads a file's name in an option: quotes for blanks, and % begins one of its own names."""
    text = str(path).replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
