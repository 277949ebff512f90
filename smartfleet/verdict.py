"""The judgement of a folder: match, drift or unknown, with a reason in plain words.

Three things can change a folder, and they are told apart: the user (still to be uploaded), the client (it synced, and
its journal says so), and whatever nothing explains (lost, or a new conflict). Only the last is drift. What could not be
compared is never a match.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from smartfleet.model.plan import VerifyLevel
from smartfleet.model.results import Comparison, FolderCheck, Verdict, VerdictName
from smartfleet.text import number_of, visible


class _Judgement(NamedTuple):
    verdict: VerdictName
    reason: str


def judge(host: str, check: FolderCheck) -> Verdict:
    """The verdict on what `tree_manifest` answered for a folder of `host`."""
    verdict, reason = _judge(check)
    return Verdict(
        host=host,
        user=check.user,
        config_path=check.config_path,
        account=check.account,
        alias=check.alias,
        local_path=check.local_path,
        level=check.level,
        verdict=verdict,
        reason=reason,
        check=check,
    )


def _judge(check: FolderCheck) -> _Judgement:
    if check.state == "missing":
        return _Judgement("drift", "the folder is gone")
    if check.state != "ok":
        detail = f" ({visible(check.detail)})" if check.detail else ""
        return _Judgement("unknown", f"the folder was not looked at: {visible(check.state)}{detail}")
    damage = damage_of(check)
    if damage:
        return _Judgement("drift", damage + _explained(check))
    doubt = _vanished(check) or _DOUBTS[check.level](check)
    if doubt:
        return _Judgement("unknown", doubt)
    return _Judgement("match", _proof(check) + _explained(check))


def damage_of(check: FolderCheck) -> str:
    """What no user and no sync explains, in any comparison that was made; the level does not excuse it."""
    made = [one for one in (check.before, check.journal, check.server) if one.done]
    lost = max((one.lost for one in made), default=0)
    conflicts = max((one.conflicts for one in made), default=0)
    parts = []
    if lost:
        worst = next(one for one in made if one.lost == lost)
        parts.append(f"{number_of(lost, 'file')} lost or altered, and nothing explains it{_example(worst, 'lost')}")
    if conflicts:
        parts.append(f"{number_of(conflicts, 'new conflict file')}")
    return "; ".join(parts)


def _vanished(check: FolderCheck) -> str:
    """Files of the journal that are not on the disk. The host counts them as the user's; only their examples tell."""
    gone = [one for one in check.journal.examples if one.kind == "lost"]
    if not check.journal.done or not gone:
        return ""
    what = "a file the journal knows is" if len(gone) == 1 else "files the journal knows are"
    told = _example(check.journal, "lost")
    return f"{what} not on the disk: deleted by the user and not synced yet, or lost; nothing tells which{told}"


def _doubt_size(check: FolderCheck) -> str:
    """Both the list from before the move and the journal know path, size and time of every file."""
    base = check.before if check.before.done else check.journal
    if not base.done:
        return f"nothing to compare with: {_why(check.before)}; {_why(check.journal)}"
    if base.unproven:
        return f"{number_of(base.unproven, 'file')} could not be compared{_example(base, 'unproven')}"
    return ""


def _doubt_content(check: FolderCheck) -> str:
    """Digests prove contents; they stand in the list from before the move, or in the journal for some files."""
    if _proves_all(check.before) or _proves_all(check.journal):
        return ""
    made = [one for one in (check.before, check.journal) if one.done]
    if not made:
        return _doubt_size(check)
    least = min(made, key=lambda one: one.unproven)
    return f"the contents of {number_of(least.unproven, 'file')} cannot be proven{_example(least, 'unproven')}"


def _doubt_journal(check: FolderCheck) -> str:
    if not check.journal.done:
        return f"the folder was not compared with the journal: {_why(check.journal)}"
    if check.journal.unproven:
        left = number_of(check.journal.unproven, "file")
        return f"{left} could not be compared with the journal{_example(check.journal, 'unproven')}"
    return ""


def _doubt_server(check: FolderCheck) -> str:
    doubt = _doubt_journal(check)
    if doubt:
        return doubt
    if not check.server.done:
        # with the journal's etags the controller can ask; on Windows nobody else can
        hint = "; smartfleet verify --level server --credentials FILE asks it from here" if check.etags else ""
        return f"the server was not asked: {_why(check.server)}{hint}"
    if check.server.unproven:
        left = number_of(check.server.unproven, "entry", "entries")
        return f"{left} could not be compared with the server{_example(check.server, 'unproven')}"
    return ""


_DOUBTS: dict[VerifyLevel, Callable[[FolderCheck], str]] = {
    "size": _doubt_size,
    "content": _doubt_content,
    "journal": _doubt_journal,
    "server": _doubt_server,
}


def _proof(check: FolderCheck) -> str:
    """What was found equal with what."""
    against = {
        "size": "the list from before the move" if check.before.done else "the journal",
        "content": "the digests known from before",
        "journal": "the journal",
        "server": "the journal, and the journal with the server",
    }[check.level]
    away = number_of(check.placeholders, "placeholder") + " (files that are only on the server)"
    what = number_of(check.files, "file") + (f" and {away}" if check.placeholders else "")
    return f"{what} compared with {against}"


def _explained(check: FolderCheck) -> str:
    """What is different and no harm."""
    made = [one for one in (check.before, check.journal) if one.done]
    user = max((one.user for one in made), default=0)
    synced = check.before.synced if check.before.done else 0
    parts = []
    if synced:
        parts.append(f"{number_of(synced, 'change')} the client synced")
    if user:
        parts.append(f"{number_of(user, 'change')} of the user still to be uploaded")
    return f"; {', '.join(parts)}" if parts else ""


def _proves_all(one: Comparison) -> bool:
    return one.done and not one.unproven


def _example(one: Comparison, kind: str) -> str:
    found = next((example for example in one.examples if example.kind == kind), None)
    return f", for example {visible(found.path)}" if found else ""


def _why(one: Comparison) -> str:
    return visible(one.reason) or "no reason was given"
