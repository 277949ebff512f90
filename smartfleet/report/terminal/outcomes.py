"""What became of a plan: a line for each profile, remedies once, hosts by outcome for the next command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.model.results import Outcome
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
from smartfleet.text import number_of

_FINE = {"moved", "already", "rolled-back", "prepared"}


def outcomes(found: Sequence[Outcome]) -> RenderableType:
    counts = Counter(one.outcome for one in found)
    head = Text.assemble(f"{number_of(len(found), 'profile')}: ", counted(sorted(counts.items())))
    return stack(
        head,
        _table(found) if found else None,
        remarks("What is left to do", _remarks(found)),
        host_lists((one.outcome, one.host) for one in found),
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
    return stack(Group(head, *todo, *backup), section("Steps", *steps), section("Proofs", *proofs))


def _table(found: Sequence[Outcome]) -> Table:
    made = table("host", "user", "outcome", "message")
    for one in found:
        made.add_row(text(one.host), text(one.user), word(one.outcome), text(one.message or _proven(one)))
    return made


def _proven(one: Outcome) -> str:
    ok = sum(proof.state == "ok" for proof in one.proofs)
    return f"{ok} of {len(one.proofs)} proofs" if one.proofs else ""


def _remarks(found: Sequence[Outcome]) -> Iterator[Remark]:
    for one in found:
        if one.outcome not in _FINE or one.do:
            place = f"{one.host} {one.user}".strip()
            yield Remark(one.outcome, one.code, place, one.message or one.outcome, one.do)
