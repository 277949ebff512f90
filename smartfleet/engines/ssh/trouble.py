"""What it means that ssh ended: before a worker had answered nothing was begun, later nobody knows. Pure.

The patterns are OpenSSH's own words (9.2 and later, English whatever the locale), and those of a shell that finds no
program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from smartfleet.engines.protocol import Ended
from smartfleet.text import visible

_NOTHING = "no host was begun; the hosts of this worker wait"
_LONGEST = 400


@dataclass(frozen=True)
class _Cause:
    pattern: str
    code: str
    message: str
    do: str


_TRY = "try by hand until it answers: {by_hand}"
_CAUSES = (
    _Cause(
        "REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed",
        "engine/ssh-host-key",
        "the machine's host key is not the one that is known",
        "find out why it changed (new installation? another machine?), then correct the known_hosts file",
    ),
    _Cause(
        "Host key verification failed|No .* host key is known",
        "engine/ssh-host-key",
        "the machine's host key is not known",
        "compare its fingerprint on the machine, then add it to known_hosts_file or ~/.ssh/known_hosts",
    ),
    _Cause(
        "UNPROTECTED PRIVATE KEY FILE|bad permissions",
        "engine/ssh-files",
        "others on this machine could read the key, so ssh leaves it aside",
        "chmod 600 the file that identity_file names in smartfleet.yml",
    ),
    _Cause(
        "Identity file .* not accessible|no such identity|Load key .*: (No such file|Permission denied)|"
        "Bad owner or permissions",
        "engine/ssh-files",
        "a file of the client cannot be used",
        "correct identity_file and known_hosts_file, and whom their files belong to",
    ),
    _Cause(
        r"Permission denied \(|Too many authentication failures",
        "engine/ssh-refused",
        "the machine refuses the login",
        "let the worker's account accept the key: docs/engines.md, 'ssh', shows the line for authorized_keys",
    ),
    _Cause(
        "Could not resolve hostname",
        "engine/ssh-name",
        "the machine's name is not known",
        "correct the destination in smartfleet.yml or ~/.ssh/config",
    ),
    _Cause(
        "Connection refused|Connection timed out|No route to host|Network is unreachable|Operation timed out|"
        "banner exchange|not responding|Connection (closed|reset) by|kex_exchange_identification",
        "engine/ssh-unreachable",
        "the machine does not answer",
        _TRY,
    ),
    _Cause(
        "Permission denied",
        "engine/no-worker",
        "the worker's account may not run smartfleet there",
        "let that account read and run it, and the Python that it was installed with",
    ),
    _Cause(
        "not found|No such file or directory|No module named|not executable",
        "engine/no-worker",
        "the machine has no smartfleet where it is looked for",
        "install smartfleet there, with a forced command that names it: docs/engines.md, 'ssh'",
    ),
)


def unanswered(worker: str, by_hand: str, code: int, said: str) -> Ended:
    """`code` and `said` (untrusted) are ssh's exit status and the end of its stderr; `by_hand` calls the worker."""
    for cause in _CAUSES:
        if re.search(cause.pattern, said, re.IGNORECASE):
            message = f"worker {worker}: {cause.message}{_shown(said)}"
            return _failed(code, cause.code, message, cause.do.format(by_hand=by_hand))
    message = f"worker {worker}: ssh ended with {code} before the worker had answered{_shown(said)}"
    return _failed(code, "engine/ssh-ended", message, _TRY.format(by_hand=by_hand))


def broken(worker: str, code: int, said: str) -> Ended:
    """The same of a connection that was lost while the worker worked."""
    return Ended(
        "lost",
        begun=True,
        rc=code,
        code="engine/ssh-lost",
        message=f"worker {worker}: the connection ended ({code}) while it worked{_shown(said)}",
        why="what became of the hosts that had not reported is not known",
        do="smartfleet engines",
    )


def _failed(rc: int, code: str, message: str, do: str) -> Ended:
    return Ended("failed", begun=False, rc=rc, code=code, message=message, why=_NOTHING, do=do)


def _shown(said: str) -> str:
    words = visible(" ".join(said.split()))[-_LONGEST:]
    return f": {words}" if words else ""
