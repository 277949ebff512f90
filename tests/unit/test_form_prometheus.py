"""The metrics, read back by prometheus_client's parser, and the dashboard that draws them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from smartfleet.model.report import ReportData
from smartfleet.model.results import OutcomeName
from smartfleet.text import visible
from tests.unit.reported import AUDITED, CREATED, HOSTILE, hostile, report, written

DOCS = Path(__file__).parents[2] / "docs"
DASHBOARD = DOCS / "grafana/smartfleet.json"
LABELS_OF_COLLECTORS = {"instance", "job", "__name__"}


def metrics(data: ReportData) -> dict[str, Metric]:
    text = written("prometheus", data).decode("utf-8")
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(found: dict[str, Metric], name: str, /, **labels: str) -> float:
    wanted = {"fleet": "demo", **labels}
    (sample,) = [one for one in found[name].samples if one.labels == wanted]
    return sample.value


def test_figures_are_those_of_the_report() -> None:
    found = metrics(report())
    assert value(found, "smartfleet_report_created_timestamp_seconds") == CREATED
    assert value(found, "smartfleet_hosts") == 3
    assert value(found, "smartfleet_hosts_compliant") == 1
    assert value(found, "smartfleet_folder_verdicts", verdict="drift") == 1
    asked = {"check": "client-too-old", "severity": "warning", "scope": "host"}
    assert [value(found, "smartfleet_check_answers", answer=one, **asked) for one in ("pass", "unknown", "waived")] == [
        1,
        1,
        1,
    ]
    assert value(found, "smartfleet_part_hosts_compliant", by="site", name="Berlin") == 1
    assert value(found, "smartfleet_host_audited_timestamp_seconds", host="pc-2") == AUDITED


def test_a_series_does_not_go_when_it_falls_to_nothing() -> None:
    outcomes = metrics(report())["smartfleet_profile_outcomes"]
    assert {sample.labels["outcome"] for sample in outcomes.samples} == set(get_args(OutcomeName))


def test_all_are_gauges_of_one_fleet_with_help_and_no_users() -> None:
    for family in metrics(report()).values():
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        assert all(sample.labels["fleet"] == "demo" and sample.timestamp is None for sample in family.samples)
    assert "eva" not in written("prometheus", report()).decode("utf-8")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_no_name_is_more_than_the_value_of_a_label(name: str) -> None:
    found, plain = metrics(hostile(name)), metrics(hostile("x"))
    assert [(one.name, len(one.samples)) for one in found.values()] == [
        (one.name, len(one.samples)) for one in plain.values()
    ]
    (sample,) = found["smartfleet_host_compliant"].samples
    assert sample.labels == dict.fromkeys(["fleet", "host", "os", "site", "wave"], visible(name))


def test_two_names_that_look_the_same_are_one_series() -> None:
    data = report()
    twins = [data.hosts[0].model_copy(update={"host": name}) for name in ("a\n", "a\\x0a")]
    samples = metrics(data.model_copy(update={"hosts": twins}))["smartfleet_host_compliant"].samples
    assert [sample.labels["host"] for sample in samples] == ["a\\x0a"]


def expressions() -> Iterator[str]:
    board: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (one["definition"] for one in board["templating"]["list"] if "definition" in one)


def test_the_dashboard_draws_only_what_there_is() -> None:
    found = metrics(report())
    labels = {name: set(family.samples[0].labels) for name, family in found.items()}
    for expression in expressions():
        names = re.findall(r"smartfleet_\w+", expression)
        assert names
        assert set(names) <= set(found)
        for name, selector in re.findall(r"(smartfleet_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)=", selector)) <= labels[name]


def test_what_the_dashboard_names_is_a_label_of_its_metric() -> None:
    board = json.loads(DASHBOARD.read_text("utf-8"))
    found = metrics(report())
    for panel in board["panels"]:
        for target in panel["targets"]:
            name = re.findall(r"smartfleet_\w+", target["expr"])[0]
            named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            hidden = {
                column
                for step in panel.get("transformations", [])
                for column in (*step["options"]["excludeByName"], *step["options"]["indexByName"])
            } - {"Time", "Value", *LABELS_OF_COLLECTORS}
            assert named | hidden <= set(found[name].samples[0].labels)


def test_panels_have_places_of_their_own() -> None:
    board = json.loads(DASHBOARD.read_text("utf-8"))
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert {x for x, _ in taken} == set(range(24))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_each_metric_stands_in_the_docs() -> None:
    told = (DOCS / "reports.md").read_text("utf-8").partition("## Metrics")[2]
    assert [name for name in metrics(report()) if f"`{name}`" not in told] == []
