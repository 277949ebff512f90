"""What became of a plan: a line for each profile, remedies once, hosts by outcome for the next command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.model.results import Outcome, Verdict
from smartfleet.report.terminal.parts import (
    Remark,
    counted,
    host_lists,
    remarks,
    section,
    stack,
    table,
    text,
    told,
    word,
)
from smartfleet.report.terminal.verdicts import waves_verified
from smartfleet.text import number_of

# a longer table tells nobody anything
_ROWS = 50
_FINE = {"moved", "cured", "already", "rolled-back", "prepared"}


def outcomes(
    found: Sequence[Outcome], files: Mapping[str, str] | None = None, verdicts: Sequence[Verdict] = ()
) -> RenderableType:
    """`files` names for an outcome the file with its hosts, as ``--limit`` takes it; `verdicts` are of the waves."""
    counts = Counter(one.outcome for one in found)
    head = Text.assemble(f"{number_of(len(found), 'profile')}: ", counted(sorted(counts.items())))
    return stack(
        head,
        _table(found),
        waves_verified(verdicts) if verdicts else None,
        remarks("What is left to do", _remarks(found)),
        _restarts(found),
        host_lists(((one.outcome, one.host) for one in found), files),
    )


def in_full(one: Outcome) -> Group:
    """One outcome with its steps and proofs."""
    head = told(text(f"{one.user or 'the host'}:", "bold"), word(one.outcome), text(one.message))
    steps = [
        told(word(step.state), text(step.step), Text(f"({step.seconds:.1f} s)"), text(step.detail, "dim"))
        for step in one.steps
    ]
    proofs = [told(word(proof.state), Text(proof.proof), text(proof.detail, "dim")) for proof in one.proofs]
    todo = [Text.assemble("do: ", text(one.do, "italic"))] if one.do else []
    backup = [Text.assemble("backup on the host: ", text(one.backup))] if one.backup else []
    restart = [Text("restart pending: the installer asked for it")] if one.restart_pending else []
    return stack(Group(head, *todo, *backup, *restart), section("Steps", *steps), section("Proofs", *proofs))


def _table(found: Sequence[Outcome]) -> RenderableType | None:
    """Every profile; of a large run those that something is to be said about."""
    wanted = found if len(found) <= _ROWS else [one for one in found if one.outcome not in _FINE][:_ROWS]
    if not wanted:
        return None
    made = _rows(wanted)
    left = len(found) - len(wanted)
    return Group(made, Text(f"and {number_of(left, 'more profile')}: --format json has all")) if left else made


def _rows(found: Sequence[Outcome]) -> Table:
    made = table("host", "user", "outcome", "message")
    for one in found:
        restart = "restart pending" if one.restart_pending else ""
        told = "; ".join(part for part in (one.message or _proven(one), restart) if part)
        made.add_row(text(one.host), text(one.user), word(one.outcome), text(told))
    return made


def _restarts(found: Sequence[Outcome]) -> Group | None:
    hosts = dict.fromkeys(one.host for one in found if one.restart_pending)
    title = "An installer asked for a restart; nothing restarts these machines but their users or you"
    return section(title, *[text(",".join(hosts))] if hosts else [])


def _proven(one: Outcome) -> str:
    ok = sum(proof.state == "ok" for proof in one.proofs)
    return f"{ok} of {len(one.proofs)} proofs" if one.proofs else ""


def _remarks(found: Sequence[Outcome]) -> Iterator[Remark]:
    for one in found:
        if one.outcome not in _FINE or one.do:
            place = f"{one.host} {one.user}".strip()
            yield Remark(one.outcome, one.code, place, one.message or one.outcome, one.do)
