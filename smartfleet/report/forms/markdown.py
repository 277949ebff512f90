"""The report as Markdown for the help desk: what is to be done, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from smartfleet.model.report import ReportData
from smartfleet.report.forms.marks import code, plain
from smartfleet.report.forms.tasks import Place, Task, tasks
from smartfleet.words import Words

_COMMAND = "smartfleet "


def write(data: ReportData, out: BinaryIO, words: Words) -> None:
    out.writelines(f"{line}\n".encode() for line in _lines(data, words))


def _lines(data: ReportData, words: Words) -> Iterator[str]:
    yield f"# {words('report.title')} {code(data.fleet)}"
    yield ""
    yield from _figures(data, words)
    if data.warnings:
        yield from ("", f"## {words('forms.markdown.warnings')}", "")
        for warning in data.warnings:
            yield f"- **{plain(warning.message)}**{_deed(warning.do)}"
    yield from ("", f"## {words('forms.markdown.todo')}", "")
    left = tasks(data, words)
    if not left:
        yield words("forms.markdown.nothing")
    for task in left:
        yield from _task(task, words)


def _figures(data: ReportData, words: Words) -> Iterator[str]:
    head = data.headline
    moment = datetime.fromtimestamp(data.created, UTC)
    yield f"- {words('forms.markdown.created', time=moment.strftime('%Y-%m-%d %H:%M'))}"
    if data.redacted:
        yield f"- {words('forms.summary.redacted')}"
    yield f"- {words('forms.markdown.hosts', seen=head.hosts_seen, all=head.hosts)}"
    yield f"- {words('forms.markdown.compliant', count=head.hosts_compliant, all=head.hosts)}"
    yield f"- {words('forms.markdown.on-old', count=head.on_old_server, all=head.profiles)}"
    match, drift = head.verdicts.get("match", 0), head.verdicts.get("drift", 0)
    yield f"- {words('forms.markdown.folders', match=match, drift=drift, all=head.folders)}"


def _task(task: Task, words: Words) -> Iterator[str]:
    yield f"### {_do(task.do)}"
    yield ""
    yield words(f"forms.markdown.places.{task.severity}", count=len(task.reasons))
    yield ""
    for reasons, places in task.places.items():
        yield f"- {' '.join(plain(reason) for reason in reasons)} {', '.join(_place(place) for place in places)}"
    yield ""


def _place(place: Place) -> str:
    return " ".join(code(name) for name in place if name) or code("")


def _do(do: str) -> str:
    return code(do) if do.startswith(_COMMAND) else plain(do) or code("")


def _deed(do: str) -> str:
    return f" {_do(do)}" if do else ""
