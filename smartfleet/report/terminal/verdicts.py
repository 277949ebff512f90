"""What a verification found: a line for each folder, and examples of what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartfleet.report.terminal.audit import unreached
from smartfleet.report.terminal.parts import MOST, counted, host_lists, section, stack, table, text, word
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.model.documents import VerifyDocument
    from smartfleet.model.results import Comparison, Verdict

_ORDER = ("match", "drift", "unknown")
# what the client synced is no trouble, and has its count in the reason
_TROUBLE = {"lost", "conflict", "unproven", "blocked", "server"}


def waves_verified(found: Sequence[Verdict]) -> RenderableType:
    """What a run saw of its waves' folders; only those that are not a match are named."""
    wrong = [one for one in found if one.verdict != "match"]
    return stack(
        _counts(found, "verified between the waves"),
        folder_table(wrong[:MOST]) if wrong else None,
        examples(wrong[:MOST]),
    )


def _counts(found: Sequence[Verdict], how: str) -> Text:
    counts: Counter[str] = Counter(one.verdict for one in found)
    return Text.assemble(f"{number_of(len(found), 'folder')} {how}: ", counted((name, counts[name]) for name in _ORDER))


def verdicts(document: VerifyDocument, files: Mapping[str, str] | None = None) -> RenderableType:
    """`files` names for a verdict the file with its hosts, as ``--limit`` takes it."""
    return stack(
        _counts(document.verdicts, f"at level {document.level}"),
        folder_table(document.verdicts) if document.verdicts else None,
        examples(document.verdicts),
        unreached(document.unreached),
        host_lists(((one.verdict, one.host) for one in document.verdicts), files),
    )


def folder_table(found: Sequence[Verdict]) -> Table:
    made = table("host", "user", "folder", "verdict", "reason")
    for one in found:
        made.add_row(text(one.host), text(one.user), text(one.local_path), word(one.verdict), text(one.reason))
    return made


def examples(found: Sequence[Verdict]) -> Group | None:
    """Paths that are lost, in conflict or unproven, of each folder that is not a match."""
    lines = [line for one in found if one.verdict != "match" for line in _examples(one)]
    return section("Examples", *lines)


def _examples(one: Verdict) -> list[Text]:
    if one.check is None:
        return []
    made: list[Comparison] = [part for part in (one.check.before, one.check.journal, one.check.server) if part.done]
    told = {(example.path, example.kind): example for part in made for example in part.examples}
    wrong = [example for example in told.values() if example.kind in _TROUBLE][:MOST]
    return [
        Text.assemble(
            text(f"{one.host} {one.user}"),
            " ",
            word(example.kind),
            " ",
            text(example.path),
            " ",
            text(example.detail, "dim"),
        )
        for example in wrong
    ]
