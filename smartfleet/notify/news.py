"""What is told of a run that has ended, and of a report. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from smartfleet.model.report import ReportData
from smartfleet.model.results import WORST_FIRST, Outcome, Verdict
from smartfleet.model.runs import RunSummary
from smartfleet.model.sending import HostTrouble, ReportNews, RunNews
from smartfleet.text import visible

_LISTED = 100
_TROUBLE = frozenset({"failed", "unknown", "prepared", "refused"})


def run_news(
    fleet: str, run: RunSummary, outcomes: Sequence[Outcome], verdicts: Sequence[Verdict], next_command: str
) -> RunNews:
    """`outcomes` and `verdicts` are those of the run."""
    troubles = _troubles(outcomes, verdicts)
    named = Counter(one.outcome for one in outcomes)
    return RunNews(
        fleet=visible(fleet),
        run=run.run,
        verb=run.verb,
        state=run.state,
        started=run.started,
        finished=run.finished or run.started,
        admin=visible(run.admin),
        hosts=run.hosts,
        outcomes={name: named[name] for name in WORST_FIRST if name in named},
        verdicts=dict(Counter(one.verdict for one in verdicts)),
        troubles=troubles[:_LISTED],
        more_troubles=max(0, len(troubles) - _LISTED),
        next=visible(next_command),
    )


def report_news(data: ReportData) -> ReportNews:
    return ReportNews(
        fleet=visible(data.fleet),
        created=data.created,
        headline=data.headline,
        checks=data.checks,
        warnings=data.warnings,
    )


def is_trouble(news: RunNews | ReportNews) -> bool:
    """Whether somebody has to look at it."""
    if isinstance(news, ReportNews):
        return news.headline.hosts_compliant < news.headline.hosts
    return bool(news.troubles) or news.state in {"stopped", "failed"}


def _troubles(outcomes: Iterable[Outcome], verdicts: Iterable[Verdict]) -> list[HostTrouble]:
    """The worst of each host, by name."""
    found = {
        one.host: HostTrouble(host=visible(one.host), trouble="drift") for one in verdicts if one.verdict == "drift"
    }
    worst_last = sorted(outcomes, key=lambda one: WORST_FIRST.index(one.outcome), reverse=True)
    for one in worst_last:
        if one.outcome in _TROUBLE:
            found[one.host] = HostTrouble(host=visible(one.host), trouble=one.outcome, code=visible(one.code))
    return [found[host] for host in sorted(found)]
