"""The report as one self-contained HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from smartfleet.model.report import ProfileRow, ReportData
from smartfleet.model.results import OutcomeName, VerdictName
from smartfleet.text import bytes_text, visible

Tone = Literal["good", "wait", "bad", "none"]

OUTCOME_TONES: dict[OutcomeName, Tone] = {
    "moved": "good",
    "already": "good",
    "prepared": "wait",
    "waiting-online": "wait",
    "waiting-session": "wait",
    "waiting-sign-in": "wait",
    "refused": "bad",
    "failed": "bad",
    "rolled-back": "none",
    "unknown": "none",
}
VERDICT_TONES: dict[VerdictName, Tone] = {"match": "good", "drift": "bad", "unknown": "none"}
HOST_REASONS = {
    "never-seen": "never seen, not audited yet",
    "offline": "offline at the last run",
    "no-profile": "no Nextcloud client configuration",
}
_NAMES_SHOWN = 8


@dataclass(frozen=True)
class Card:
    """One headline figure."""

    value: str
    label: str
    tone: Tone
    note: str = ""


@dataclass(frozen=True)
class BarPart:
    """One part of the outcome bar."""

    name: str
    count: int
    tone: Tone


@dataclass(frozen=True)
class Todo:
    """Profiles that wait for the same deed."""

    message: str
    do: str
    tone: Tone
    count: int
    who: list[str]
    more: int


def render(data: ReportData, templates: Path) -> str:
    """The page for `data`; `templates` is the folder that holds ``report/report.html.j2``."""
    environment = Environment(loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined)
    environment.filters.update(
        visible=visible,
        size=bytes_text,
        isotime=lambda seconds: _time(seconds).isoformat(timespec="seconds"),
        localtime=lambda seconds: _time(seconds).astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        search_text=_search_text,
        outcome_tone=OUTCOME_TONES.__getitem__,
        verdict_tone=VERDICT_TONES.__getitem__,
        proof_tone={"ok": "good", "failed": "bad", "unknown": "wait"}.__getitem__,
        step_tone={"done": "good", "skipped": "none", "failed": "bad", "undone": "wait"}.__getitem__,
    )
    parts = _bar(data)
    page = environment.get_template("report/report.html.j2").render(
        data=data,
        cards=_cards(data),
        bar=parts,
        bar_label="Outcomes: " + ", ".join(f"{part.name} {part.count}" for part in parts),
        todo=_todo(data.profiles),
        host_reasons=HOST_REASONS,
    )
    return page.encode("utf-8", "backslashreplace").decode("utf-8")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _search_text(profile: ProfileRow) -> str:
    words = [
        profile.host,
        profile.user,
        profile.os,
        profile.state,
        profile.outcome,
        profile.code,
        profile.client_version,
    ]
    for folder in profile.folders:
        words += [folder.local_path, folder.verdict]
    return visible(" ".join(words)).lower()


def _cards(data: ReportData) -> list[Card]:
    head = data.headline
    done = head.outcomes.get("moved", 0) + head.outcomes.get("already", 0)
    trouble = head.outcomes.get("failed", 0) + head.outcomes.get("refused", 0)
    match, drift = head.verdicts.get("match", 0), head.verdicts.get("drift", 0)
    tone: Tone = "bad" if drift else "good" if match == head.folders else "none"
    size = f"{bytes_text(head.bytes_in_folders)} in all"
    return [
        Card(str(head.hosts), "hosts", "none", f"{head.hosts_seen} seen"),
        Card(str(head.profiles), "profiles", "none"),
        Card(str(done), "on the new server", "good" if done == head.profiles else "none"),
        Card(str(head.on_old_server), "still on an old server", "wait" if head.on_old_server else "good"),
        Card(str(trouble), "failed or refused", "bad" if trouble else "good"),
        Card(f"{match}/{head.folders}", "folders match", tone, f"{drift} drifted · {size}"),
    ]


def _bar(data: ReportData) -> list[BarPart]:
    counts = data.headline.outcomes
    return [BarPart(name, counts[name], tone) for name, tone in OUTCOME_TONES.items() if counts.get(name)]


def _todo(profiles: Iterable[ProfileRow]) -> list[Todo]:
    """Profiles with something left to do, grouped by what it is; the largest group first."""
    groups: dict[tuple[str, str], list[ProfileRow]] = {}
    for profile in profiles:
        if profile.do:
            groups.setdefault((profile.code or profile.outcome, profile.outcome), []).append(profile)
    ordered = sorted(groups.values(), key=len, reverse=True)
    return [_todo_group(rows) for rows in ordered]


def _todo_group(rows: list[ProfileRow]) -> Todo:
    deed = Counter(row.do for row in rows).most_common(1)[0][0]
    first = next(row for row in rows if row.do == deed)
    names = [f"{row.host}/{row.user}" for row in rows]
    return Todo(
        message=first.message or first.outcome,
        do=deed,
        tone=OUTCOME_TONES[first.outcome],
        count=len(rows),
        who=names[:_NAMES_SHOWN],
        more=max(0, len(names) - _NAMES_SHOWN),
    )
