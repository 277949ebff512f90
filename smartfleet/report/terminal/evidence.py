"""What a check of evidence found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from smartfleet.report.terminal.parts import MOST, section, stack, table, text, told, word
from smartfleet.text import number_of

if TYPE_CHECKING:
    from smartfleet.model.evidence import EvidenceDocument, SignatureCheck


def evidence(document: EvidenceDocument) -> RenderableType:
    verdict = Text("as it was written", "green") if document.ok else Text("not as it was written", "bold red")
    names = (("Changed", document.changed), ("Missing", document.missing), ("Extra", document.extra))
    return stack(
        Text.assemble(text(document.folder, "bold"), ": ", number_of(document.files, "file"), ", ", verdict),
        *(section(title, *_bounded(files)) for title, files in names),
        _trail(document),
        section("Signatures", *(_signature(one) for one in document.signatures)),
        section("Problems", *_problems(document)),
    )


def _bounded(files: list[str]) -> Iterator[Text]:
    yield from (text(name) for name in files[:MOST])
    if len(files) > MOST:
        yield Text(f"and {len(files) - MOST:,} more")


def _trail(document: EvidenceDocument) -> RenderableType | None:
    trail = document.trail
    if trail is None:
        return None
    if not trail.ok:
        return section("Audit trail", Text.assemble(("broken", "bold red"), ": ", text(trail.reason)))
    lines = Text.assemble(("ok", "green"), f": {number_of(trail.entries, 'line')}, each as it was written")
    return section("Audit trail", lines, Text(f"last hash, for smartfleet history --anchor: {trail.last}"))


def _signature(one: SignatureCheck) -> Text:
    states = {
        "good": Text("good", "green"),
        "valid": Text("valid, and nobody said whose key it is", "yellow"),
        "bad": Text("bad", "bold red"),
        "unchecked": Text("not checked: that needs the signer's key", "yellow"),
    }
    return told(text(one.file), states[one.state], text(one.signer), text(one.key))


def _problems(document: EvidenceDocument) -> Iterator[RenderableType]:
    if document.problems:
        lines = table("", "", "")
        for problem in document.problems:
            do = f"; {problem.do}" if problem.do else ""
            lines.add_row(word(problem.severity), text(problem.code, "bold"), text(f"{problem.message}{do}"))
        yield lines
