"""Why a host could not be worked on, in words and with a remedy. Ansible's message in, a code out. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from smartfleet.campaign.causes import CAUSES
from smartfleet.checks.hostcodes import remedy_of
from smartfleet.durations import duration_text
from smartfleet.engines.answers import MODULES, SHARD, Answer
from smartfleet.model.results import Outcome, OutcomeName
from smartfleet.text import visible

_LONGEST = 400
_CHANGES = {f"{MODULES}account_move", f"{MODULES}account_restore"}
SHARD_LOST = "shard-lost"
"""Of hosts whose worker nobody hears of any more. They are tried again once they have told that nobody works there."""
SHARD_REFUSED = "shard-refused"
"""Of hosts whose shard no worker took: nothing was begun."""
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


_OFFLINE = Trouble("waiting-online", "offline", "the host cannot be reached", "")
# pywinrm's: the words before it say the same
_FAULT_DATA = re.compile(r" *\(extended fault data: \{.*\}\)")
_GARBAGE = "Module result deserialization failed"


def diagnose(answer: Answer) -> Trouble:
    """Of an answer that failed or could not be reached."""
    if answer.action == SHARD:
        return _of_shard(answer)
    if timed_out(answer):
        return _late(answer)
    said = told(answer)
    named = _named(answer)
    if named and answer.state == "failed":
        return Trouble("failed", named, _short(said) or "the task failed without a word", _remedy(answer))
    unreachable = answer.state == "unreachable"
    for cause in CAUSES:
        if cause.fits(said, unreachable=unreachable):
            shown = _short(_FAULT_DATA.sub("", said))
            return Trouble(cause.outcome, cause.code, shown, cause.do.format(host=quoted(answer.host)))
    if unreachable:
        again = f"try again when it is online; smartfleet doctor --limit {quoted(answer.host)} tells what is in the way"
        return Trouble(_OFFLINE.outcome, _OFFLINE.code, _short(said) or _OFFLINE.message, again)
    code = "module-failed" if answer.ours else "task-failed"
    return Trouble("failed", code, _short(said) or "the task failed without a word", _remedy(answer))


def _of_shard(answer: Answer) -> Trouble:
    """What the campaign itself said of a whole shard."""
    code, do = answer.result["code"], answer.result["do"]
    return Trouble("unknown" if code == SHARD_LOST else "refused", code, _short(answer.message), _short(do))


def is_lost(outcome: Outcome) -> bool:
    """Whether the worker was lost before it told the profile's end."""
    return outcome.outcome in {"unknown", "prepared"} and outcome.code == SHARD_LOST


def timed_out(answer: Answer) -> bool:
    """Whether Ansible gave the task up after its time: what it began may go on there."""
    return answer.state == "failed" and isinstance(answer.result.get("timedout"), Mapping)


def _late(answer: Answer) -> Trouble:
    seconds = answer.result["timedout"].get("period")
    within = f" within {duration_text(seconds)}" if isinstance(seconds, int) else ""
    again = "run the command again: it goes on with what was begun. " if answer.action in _CHANGES else ""
    return Trouble(
        "unknown" if answer.action in _CHANGES else "failed",
        "host-timeout",
        f"the host did not finish{within}; others were not held up",
        f"{again}See what hangs there (a network home, a full disk?), or raise campaign.host_timeout",
    )


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


def gone(host: str) -> Trouble:
    """Of a host that left the inventory while its run was interrupted or waited."""
    do = "audit and plan again; if it was renamed, under its new name"
    return Trouble("refused", "host-gone", f"the inventory has no host {visible(host)} any more", do)


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


def _named(answer: Answer) -> str:
    """The module's own code, where it is one: its words may speak of permissions and passwords all the same."""
    code = answer.result.get("code")
    return code if answer.ours and isinstance(code, str) and _CODE.fullmatch(code) else ""


def _remedy(answer: Answer) -> str:
    do = answer.result.get("do")
    told = _short(do) if answer.ours and isinstance(do, str) else ""
    return told or remedy_of(_named(answer))


def _short(text: str) -> str:
    """One line of display text; what hosts say can be very long."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
