"""The report as PDF: the page, as Chromium prints it."""

from __future__ import annotations

import os
from typing import BinaryIO

from smartfleet.chromium import print_page
from smartfleet.model.report import ReportData
from smartfleet.report import page
from smartfleet.words import Words

# tags make a table of 10,000 hosts take Chromium minutes and twice the room; screen readers have the page itself
_TAGGED_HOSTS = 1_000


def write(data: ReportData, out: BinaryIO, words: Words) -> None:
    """ReportError where there is no Chromium, or it fails."""
    tagged = len(data.hosts) <= _TAGGED_HOSTS
    print_page(lambda html: page.write(data, html, words), out, os.environ, tagged=tagged)
