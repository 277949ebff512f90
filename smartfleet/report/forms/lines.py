"""The report's profiles as JSON, one a line."""

from __future__ import annotations

from typing import BinaryIO

from smartfleet.model.report import ReportData
from smartfleet.words import Words


def write(data: ReportData, out: BinaryIO, words: Words) -> None:  # noqa: ARG001 - every form has the same signature
    """One profile a line, as ``profiles`` of the JSON document has them."""
    for profile in data.profiles:
        out.write(profile.shown_json().encode())
        out.write(b"\n")
