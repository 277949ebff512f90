"""Parts of a fleet as bars of one length each: how much of each is done, waits, failed or is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from smartfleet.model.report import Share
from smartfleet.model.results import OutcomeName
from smartfleet.report.page.charts.drawing import WIDTH, Chart, Drawing, shortened
from smartfleet.report.shares import By
from smartfleet.report.tones import OUTCOMES, Tone
from smartfleet.text import visible
from smartfleet.words import Words

_MOST = 8
_ROW, _BAR, _KEY_LINE = 42, 14, 20
_LABEL_COLUMNS = 26
_NARROWEST = 2.0
_FIELDS: dict[By, str] = {"wave": "wave", "site": "site", "os": "os", "client": "version"}
"""What the page's table filters by."""
_TONES: tuple[Tone, ...] = ("good", "wait", "bad", "none")


@dataclass(frozen=True)
class _Row:
    """A part of the fleet, or the small ones together, which no filter shows."""

    share: Share
    others: int = 0


def parts_of(by: By, shares: Sequence[Share], words: Words) -> Chart | None:
    """The parts of one kind; None where there are no two of them."""
    rows = _rows([share for share in shares if share.by == by])
    if len(rows) < 2:
        return None
    tones = [tone for tone in _TONES if any(OUTCOMES[name] == tone for row in rows for name in row.share.outcomes)]
    drawing = Drawing(by, len(rows) * _ROW + (len(tones) + 1) // 2 * _KEY_LINE + 6, words, role="group")
    drawing.describe()
    _hatches(drawing)
    for number, row in enumerate(rows):
        _row(drawing, row, number * _ROW)
    for number, tone in enumerate(tones):
        _key(drawing, tone, x=number % 2 * (WIDTH / 2), y=len(rows) * _ROW + 6 + number // 2 * _KEY_LINE)
    return drawing.chart()


def _rows(shares: Sequence[Share]) -> list[_Row]:
    """In their order; of too many the largest, and the others as one."""
    if len(shares) <= _MOST:
        return [_Row(share) for share in shares]
    largest = sorted(shares, key=lambda share: share.hosts, reverse=True)[: _MOST - 1]
    names = {share.name for share in largest}
    rest = [share for share in shares if share.name not in names]
    return [*(_Row(share) for share in shares if share.name in names), _Row(_together(rest), others=len(rest))]


def _together(shares: Sequence[Share]) -> Share:
    outcomes: Counter[OutcomeName] = Counter()
    for share in shares:
        outcomes.update(share.outcomes)
    return Share(
        by=shares[0].by,
        name="",
        hosts=sum(share.hosts for share in shares),
        compliant=sum(share.compliant for share in shares),
        profiles=sum(share.profiles for share in shares),
        outcomes=dict(outcomes),
    )


def _row(drawing: Drawing, row: _Row, top: float) -> None:
    share = row.share
    line = _linked(drawing, drawing.root, row, {})
    # between the texts, too, the row is one thing to click
    drawing.add(line, "rect", class_="room", x=0, y=top, width=WIDTH, height=20)
    _label(drawing, line, row, top + 14)
    counts = {"compliant": share.compliant, "hosts": share.hosts}
    drawing.said(line, "text", "report.chart.row", counts, x=WIDTH, y=top + 14, class_="soft", text_anchor="end")
    drawing.add(drawing.root, "rect", class_="track", x=0, y=top + 20, width=WIDTH, height=_BAR)
    begin, found = 0.0, [(name, share.outcomes[name]) for name in OUTCOMES if share.outcomes.get(name)]
    for (name, count), width in zip(found, _widths([count for _, count in found]), strict=True):
        part = _linked(drawing, drawing.root, row, {"outcome": name}, reached=False)
        drawing.said(part, "title", f"report.chart.part.{name}", {"count": count})
        _filled(drawing, part, OUTCOMES[name], x=begin, y=top + 20, width=max(width - 1, 1), height=_BAR)
        begin += width


def _linked(drawing: Drawing, parent: Element, row: _Row, more: dict[str, str], *, reached: bool = True) -> Element:
    """What opens the table with this part of the fleet. The tab key stops once in a row: outcomes have a filter too."""
    if row.others:
        return drawing.add(parent, "g")
    link = drawing.add(parent, "a", href="#h-hosts")
    link.set("data-set", urlencode({_FIELDS[row.share.by]: visible(row.share.name), **more}))
    if not reached:
        link.set("tabindex", "-1")
    return link


def _label(drawing: Drawing, parent: Element, row: _Row, y: float) -> None:
    name, by = row.share.name, row.share.by
    if row.others:
        drawing.said(parent, "text", "report.chart.rest", {"count": row.others}, x=0, y=y)
    elif not name:
        drawing.said(parent, "text", f"report.chart.unknown.{by}", {}, x=0, y=y)
    elif by == "os":
        drawing.said(parent, "text", f"report.os.{name}", {}, x=0, y=y)
    elif by == "wave" and name == "canary":
        drawing.said(parent, "text", "report.wave.canary", {}, x=0, y=y)
    elif by == "wave" and (number := name.removeprefix("wave ")).isdecimal():
        drawing.said(parent, "text", "report.wave.numbered", {"number": number}, x=0, y=y)
    else:
        drawing.add(parent, "title").text = visible(name)
        drawing.add(parent, "text", x=0, y=y).text = shortened(name, _LABEL_COLUMNS)


def _widths(counts: Sequence[int]) -> list[float]:
    """Of parts that fill the bar; the smallest can still be seen, at the cost of the others."""
    whole = sum(counts)
    wished = [max(_NARROWEST, count / whole * WIDTH) for count in counts]
    return [width * WIDTH / sum(wished) for width in wished]


def _filled(drawing: Drawing, parent: Element, tone: Tone, **place: float) -> None:
    drawing.add(parent, "rect", class_=tone, **place)
    if tone in {"wait", "bad"}:
        drawing.add(parent, "rect", fill=f"url(#hatch-{drawing.name}-{tone})", **place)


def _hatches(drawing: Drawing) -> None:
    """What waits and what failed can be told apart without their colours."""
    where = drawing.add(drawing.root, "defs")
    for tone, lines in (("wait", "M0 6L6 0"), ("bad", "M0 6L6 0M0 0L6 6")):
        hatch = drawing.add(
            where, "pattern", id=f"hatch-{drawing.name}-{tone}", width=6, height=6, patternUnits="userSpaceOnUse"
        )
        drawing.add(hatch, "path", class_="hatch", d=lines)


def _key(drawing: Drawing, tone: Tone, x: float, y: float) -> None:
    _filled(drawing, drawing.root, tone, x=x, y=y, width=16, height=12)
    drawing.said(drawing.root, "text", f"report.group.{tone}", {}, x=x + 22, y=y + 10)
