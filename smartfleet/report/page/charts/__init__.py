"""The charts of a report, each an SVG that stands in the page. Pure."""

from __future__ import annotations

from smartfleet.model.report import ReportData
from smartfleet.report.page.charts.bars import parts_of
from smartfleet.report.page.charts.course import compliance, progress
from smartfleet.report.page.charts.drawing import Chart
from smartfleet.words import Words

__all__ = ["Chart", "charts"]


def charts(data: ReportData, words: Words) -> list[Chart]:
    """Those that have something to say: a course needs two points of history, a division two parts."""
    drawn = [
        progress(data.history, words),
        compliance(data.history, words),
        *(parts_of(by, data.shares, words) for by in ("wave", "site", "os", "client")),
    ]
    return [chart for chart in drawn if chart]
