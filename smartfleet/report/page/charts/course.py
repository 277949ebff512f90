"""How the fleet went on, run by run: lines that keep their height until the next run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from smartfleet.model.report import Point
from smartfleet.report.page.charts.drawing import WIDTH, Chart, Drawing, local
from smartfleet.report.tones import Tone
from smartfleet.words import Words

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, WIDTH - 6, 12, 136
_LAST = _RIGHT - 12
"""Of the newest run: what it changed is seen as the others' steps are."""
_KEY_LINE = 20
_HEIGHT = _BOTTOM + 24 + 2 * _KEY_LINE
_POINTS_MARKED = 60


@dataclass(frozen=True)
class _Line:
    """`key` names its text, with the last count in it; `counts` go with the points."""

    key: str
    tone: Tone
    counts: Sequence[int]


def progress(history: Sequence[Point], words: Words) -> Chart | None:
    """Profiles on the new server, and those that are still on an old one."""
    if len(history) < 2:
        return None
    drawing, first, last = _begun("progress", words), history[0], history[-1]
    drawing.describe(
        first=first.on_new_server, last=last.on_new_server, first_old=first.on_old_server, last_old=last.on_old_server
    )
    _draw(
        drawing,
        history,
        whole=[point.profiles for point in history],
        lines=[
            _Line("new", "good", [point.on_new_server for point in history]),
            _Line("old", "wait", [point.on_old_server for point in history]),
        ],
    )
    return drawing.chart()


def compliance(history: Sequence[Point], words: Words) -> Chart | None:
    """Compliant hosts, and all that had been judged."""
    if len(history) < 2:
        return None
    drawing, first, last = _begun("compliance", words), history[0], history[-1]
    drawing.describe(first=first.compliant, first_hosts=first.hosts, last=last.compliant, last_hosts=last.hosts)
    _draw(
        drawing,
        history,
        whole=[point.hosts for point in history],
        lines=[
            _Line("compliant", "good", [point.compliant for point in history]),
            _Line("hosts", "none", [point.hosts for point in history]),
        ],
    )
    return drawing.chart()


def _begun(name: str, words: Words) -> Drawing:
    return Drawing(name, _HEIGHT, words, role="img")


def _draw(drawing: Drawing, history: Sequence[Point], *, whole: Sequence[int], lines: Sequence[_Line]) -> None:
    top = ceiling(max(count for line in lines for count in line.counts))
    across = [_across(point.at, history) for point in history]
    _grid(drawing, top)
    _ends(drawing, history[0].at, history[-1].at)
    for place, line in enumerate(lines):
        heights = [_BOTTOM - count / top * (_BOTTOM - _TOP) for count in line.counts]
        drawing.add(drawing.root, "path", class_=f"line {line.tone}", d=_steps(across, heights))
        _marks(drawing, history, line, whole, list(zip(across, heights, strict=True)))
        _key(drawing, line, _BOTTOM + 24 + (place + 0.5) * _KEY_LINE)


def _grid(drawing: Drawing, top: int) -> None:
    for count in (0, top // 2, top):
        height = _BOTTOM - count / top * (_BOTTOM - _TOP)
        drawing.add(drawing.root, "path", class_="grid", d=f"M{_LEFT} {height:.1f}H{_RIGHT}")
        drawing.number(drawing.root, count, x=_LEFT - 6, y=height + 4, class_="soft", text_anchor="end")


def _ends(drawing: Drawing, first: float, last: float) -> None:
    hours = local(first).date() == local(last).date()
    drawing.moment(drawing.root, first, hours=hours, x=_LEFT, y=_BOTTOM + 16, class_="soft")
    drawing.moment(drawing.root, last, hours=hours, x=_RIGHT, y=_BOTTOM + 16, class_="soft", text_anchor="end")


def _marks(
    drawing: Drawing, history: Sequence[Point], line: _Line, whole: Sequence[int], places: Sequence[tuple[float, float]]
) -> None:
    """What a run changed, told where the pointer is; of very many runs only the newest have room."""
    group: Element = drawing.add(drawing.root, "g", class_=f"marks {line.tone}")
    for point, count, all_, (x, y) in list(zip(history, line.counts, whole, places, strict=True))[-_POINTS_MARKED:]:
        mark = drawing.add(group, "circle", cx=x, cy=y, r=4)
        values: dict[str, int | str] = {"run": point.run, "count": count, "all": all_}
        drawing.said(mark, "title", "report.chart.point", values)


def _key(drawing: Drawing, line: _Line, y: float) -> None:
    drawing.add(drawing.root, "path", class_=f"line {line.tone}", d=f"M{_LEFT} {y:.1f}h28")
    key = f"report.chart.{drawing.name}.{line.key}"
    drawing.said(drawing.root, "text", key, {"count": line.counts[-1]}, x=_LEFT + 36, y=y + 4)


def _across(at: float, history: Sequence[Point]) -> float:
    begin, end = history[0].at, history[-1].at
    return _LEFT + (at - begin) / (end - begin) * (_LAST - _LEFT) if end > begin else _LAST


def _steps(across: Sequence[float], heights: Sequence[float]) -> str:
    first = f"M{across[0]:.1f} {heights[0]:.1f}"
    return first + "".join(f"H{x:.1f}V{y:.1f}" for x, y in zip(across[1:], heights[1:], strict=True)) + f"H{_RIGHT}"


def ceiling(count: int) -> int:
    """The least of 2, 4, 6, 8, 10, 12, 16, 20, 24, 30, 40 ... that is no less than `count`; its half is as round."""
    power = 1
    while True:
        for tenths in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80):
            if (tenths * power) % 10 == 0 and tenths * power // 5 >= count:
                return tenths * power // 5
        power *= 10
