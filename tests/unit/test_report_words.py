"""Every word that a report has for what it found is in the catalogs."""

from __future__ import annotations

from typing import get_args

import pytest

from bench._reports import report
from smartfleet.model.assessment import HostAssessment, ProfileState, Severity
from smartfleet.model.facts import SessionKind
from smartfleet.model.policy import Answer, Scope
from smartfleet.model.report import HostRow
from smartfleet.model.results import Difference, OutcomeName, Proof, Step, VerdictName
from smartfleet.paths import data_folder
from smartfleet.report.tones import OUTCOMES
from smartfleet.words import LANGUAGES, Language, load_words


def values(document: type, name: str) -> set[str]:
    return set(get_args(document.model_fields[name].annotation))  # type: ignore[attr-defined]  # a Document


VALUES: dict[str, set[str]] = {
    # of what came or went there was no answer before or after
    "answer": {*get_args(Answer), "absent"},
    "severity": set(get_args(Severity)),
    "scope": set(get_args(Scope)),
    "os": values(HostAssessment, "os"),
    "outcome": set(get_args(OutcomeName)),
    "chart.part": set(get_args(OutcomeName)),
    "group": set(OUTCOMES.values()),
    "state": set(get_args(ProfileState)),
    "verdict": set(get_args(VerdictName)),
    "reason": values(HostRow, "reason") - {""},
    "session": {"none", "on", *get_args(SessionKind)} - {""},
    "step": values(Step, "state"),
    "proof": values(Proof, "state"),
    "difference": values(Difference, "kind"),
    "chart.unknown": {"wave", "site", "os", "client"},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", VALUES)
def test_a_report_has_a_word_for_everything(group: str, language: Language) -> None:
    prefix = f"report.{group}."
    keys = load_words(language, data_folder("templates")).texts
    assert {key.removeprefix(prefix) for key in keys if key.startswith(prefix)} == VALUES[group]


def test_made_up_reports_are_always_the_same() -> None:
    assert report(60) == report(60)
