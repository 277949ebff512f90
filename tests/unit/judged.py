"""Hosts for a report, put together from what a test has of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from smartfleet.model.assessment import HostAssessment
from smartfleet.model.results import Outcome, Verdict
from smartfleet.policy.evidence import Answers, Evidence, Judgement
from smartfleet.report.rows import Rows, rows_of

UNASKED = Judgement(Answers(), {}, {})
"""What a policy without checks answers."""


def judged(
    assessments: Sequence[HostAssessment],
    outcomes: Sequence[Outcome] = (),
    verdicts: Sequence[Verdict] = (),
    *,
    inventory: Sequence[str] = (),
    judgements: Mapping[str, Judgement] | None = None,
    sites: Mapping[str, str] | None = None,
    waves: Mapping[str, str] | None = None,
) -> list[Rows]:
    """The hosts of `inventory` and of `assessments`, each with what belongs to it."""
    seen = {one.host: one for one in assessments}
    return [
        rows_of(
            Evidence(
                name,
                assessment=seen.get(name),
                outcomes=[one for one in outcomes if one.host == name],
                verdicts=[one for one in verdicts if one.host == name],
            ),
            (judgements or {}).get(name, UNASKED),
            site=(sites or {}).get(name, ""),
            wave=(waves or {}).get(name, ""),
        )
        for name in sorted({*inventory, *seen})
    ]
