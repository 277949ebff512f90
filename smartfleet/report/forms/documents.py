"""The report as one JSON document, ``smartfleet.report/1``."""

from __future__ import annotations

from typing import BinaryIO

from smartfleet.model.report import ReportData
from smartfleet.words import Words


def write(data: ReportData, out: BinaryIO, words: Words) -> None:  # noqa: ARG001 - every form has the same signature
    """JSON speaks English whatever the words are: programs read it."""
    out.write(data.shown_json(indent=2).encode())
    out.write(b"\n")
