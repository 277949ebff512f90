"""A check of evidence as people read it."""

from __future__ import annotations

import io

from rich.console import Console

from smartfleet.model.assessment import Finding
from smartfleet.model.evidence import EvidenceDocument, SignatureCheck
from smartfleet.model.history import TrailCheck
from smartfleet.report import terminal


def shown(document: EvidenceDocument) -> str:
    out = io.StringIO()
    Console(file=out, width=160, markup=False, highlight=False, emoji=False).print(terminal.evidence(document))
    return out.getvalue()


def test_all_is_well() -> None:
    trail = TrailCheck(entries=2, ok=True, broken_at=None, last="a" * 64, anchor="")
    signature = SignatureCheck(file="SHA256SUMS.sig", kind="ssh", state="good", signer="ada", key="SHA256:x")
    text = shown(
        EvidenceDocument(
            folder="e", ok=True, files=7, changed=[], missing=[], extra=[], trail=trail, signatures=[signature],
            problems=[],
        )
    )  # fmt: skip
    assert "e: 7 files, as it was written" in text
    assert "SHA256SUMS.sig good ada SHA256:x" in text
    assert f"--anchor: {'a' * 64}" in text
    assert "Problems" not in text


def test_what_is_wrong_is_named_and_bounded() -> None:
    trail = TrailCheck(entries=2, ok=False, broken_at=2, reason="line 2 is missing", last="", anchor="")
    problem = Finding(code="files-extra", severity="error", message="40 files are extra\x1b[2J", do="look")
    text = shown(
        EvidenceDocument(
            folder="e", ok=False, files=7, changed=["report.json"], missing=[], trail=trail,
            extra=[f"x{number}" for number in range(40)], signatures=[], problems=[problem],
        )
    )  # fmt: skip
    assert "not as it was written" in text
    assert "report.json" in text
    assert "and 20 more" in text
    assert "broken: line 2 is missing" in text
    assert "40 files are extra\\x1b[2J; look" in text
