"""Why a host could not be worked on, in words and with a remedy. Ansible's message in, a code out. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from smartfleet.campaign.answers import Answer
from smartfleet.model.results import Outcome, OutcomeName
from smartfleet.text import visible

_LONGEST = 400
_CODE = re.compile(r"[a-z][a-z0-9-]{1,60}")


@dataclass(frozen=True)
class Trouble:
    """What is true of a whole host in a run."""

    outcome: OutcomeName
    code: str
    message: str
    do: str

    def outcome_for(self, host: str, user: str = "", config_path: str = "") -> Outcome:
        """As an outcome of one profile, or without a user of the host."""
        return Outcome(
            host=host,
            user=user,
            config_path=config_path,
            outcome=self.outcome,
            code=self.code,
            message=self.message,
            do=self.do,
        )


@dataclass(frozen=True)
class _Cause:
    pattern: re.Pattern[str]
    outcome: OutcomeName
    code: str
    do: str


def _cause(pattern: str, outcome: OutcomeName, code: str, do: str) -> _Cause:
    return _Cause(re.compile(pattern, re.IGNORECASE | re.DOTALL), outcome, code, do)


# the first that fits; {host} is the inventory's name of the host, quoted for a shell
_CAUSES = (
    _cause(
        "REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed",
        "failed",
        "host-key-changed",
        "find out why the key changed (new installation? another machine?); smartfleet doctor --limit {host} shows "
        "both keys and the command that takes the old one out of known_hosts",
    ),
    _cause(
        "Host key verification failed|authenticity of host",
        "failed",
        "host-key-unknown",
        "smartfleet doctor --limit {host} shows the key and the command that trusts it",
    ),
    _cause(
        "Missing sudo password|Incorrect sudo password|password is required|Timeout .* waiting for privilege|"
        "Sorry, try again|Duplicate become|Missing .*become.* password|Incorrect .*become.* password",
        "failed",
        "become-password",
        "give the password with --ask-become-pass, or let the account use sudo without one",
    ),
    _cause(
        "not in the sudoers|is not allowed to execute|may not run sudo|sudo: (command )?not found|"
        "unable to find sudo|sudo: .*not found",
        "failed",
        "become-refused",
        "allow the account to use sudo, or connect as root with ansible_become: false",
    ),
    _cause(
        "Permission denied|Authentication fail|Too many authentication failures|no more authentication methods",
        "failed",
        "auth-refused",
        "smartfleet doctor --limit {host} tells which keys and passwords the host accepts",
    ),
    _cause(
        "python[0-9.]*: (command )?not found|No such file or directory.*python|"
        "python.*No such file or directory|interpreter .* (was )?not found|requires a minimum of Python",
        "failed",
        "no-python",
        "install Python 3.9 or newer there, or name it in the inventory: ansible_python_interpreter",
    ),
    _cause("No space left on device|Disk quota exceeded", "failed", "disk-full", "make room on the host"),
    _cause("unsupported parameters|couldn't resolve module", "failed", "install-mismatch", "install smartfleet again"),
)
_OFFLINE = Trouble("waiting-online", "offline", "the host cannot be reached", "")
_GARBAGE = "Module result deserialization failed"


def diagnose(answer: Answer) -> Trouble:
    """Of an answer that failed or could not be reached."""
    said = told(answer)
    for cause in _CAUSES:
        if cause.pattern.search(said):
            return Trouble(cause.outcome, cause.code, _short(said), cause.do.format(host=quoted(answer.host)))
    if answer.state == "unreachable":
        again = f"try again when it is online; smartfleet doctor --limit {quoted(answer.host)} tells what is in the way"
        return Trouble(_OFFLINE.outcome, _OFFLINE.code, _short(said) or _OFFLINE.message, again)
    return Trouble("failed", _code(answer), _short(said) or "the task failed without a word", _remedy(answer))


def told(answer: Answer) -> str:
    """What the host said; if its answer was no answer at all, what it wrote beside it."""
    beside = answer.result.get("module_stderr") or answer.result.get("module_stdout")
    if answer.message.startswith(_GARBAGE) and isinstance(beside, str) and beside.strip():
        return f"the host answered with something else than a result: {beside.strip()}"
    return answer.message.removeprefix("Task failed: ")


def silent(host: str, *, interrupted: bool) -> Trouble:
    """Of a host from which nothing came."""
    if interrupted:
        return Trouble("unknown", "not-begun", "the run was stopped before this host's turn", "run the command again")
    do = f"smartfleet doctor --limit {quoted(host)}"
    return Trouble("unknown", "no-answer", "Ansible told nothing about this host", do)


def cancelled() -> Trouble:
    """Of a host that was begun and cut off."""
    do = "run the command again: it goes on or takes back what was begun"
    return Trouble("unknown", "cancelled", "the run was cancelled while it worked on this host", do)


def garbage(host: str, reason: str) -> Trouble:
    """Of a host whose answer is not what our module gives."""
    return Trouble(
        "failed",
        "bad-answer",
        f"the host's answer cannot be read: {_short(reason)}",
        f"look at what is on that host, then try again: smartfleet audit --limit {quoted(host)}",
    )


def quoted(host: str) -> str:
    return shlex.quote(visible(host))


def _code(answer: Answer) -> str:
    """The module's own code, where it is one."""
    code = answer.result.get("code")
    if answer.ours and isinstance(code, str) and _CODE.fullmatch(code):
        return code
    return "module-failed" if answer.ours else "task-failed"


def _remedy(answer: Answer) -> str:
    do = answer.result.get("do")
    return _short(do) if answer.ours and isinstance(do, str) else ""


def _short(text: str) -> str:
    """One line of display text; what hosts say can be very long."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
