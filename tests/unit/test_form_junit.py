"""The report as JUnit XML, read back by an XML parser."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from smartfleet.text import visible
from tests.unit.reported import HOSTILE, hostile, report, written


def suites(raw: bytes) -> list[ET.Element]:
    return list(ET.fromstring(raw))  # noqa: S314 - our own


def told(suite: ET.Element) -> dict[str, str]:
    """What stands in each case, "" for a pass."""
    return {case.attrib["name"]: "".join(child.tag for child in case) for case in suite}


def test_each_host_is_a_suite_and_each_answer_a_case() -> None:
    found = {suite.attrib["name"]: told(suite) for suite in suites(written("junit", report()))}
    at = "[pc-2 bo /home/bo/nextcloud.cfg"
    assert found == {
        "pc-1": {
            "host-seen [pc-1]": "",
            "old-server [pc-1 eva /home/eva/nextcloud.cfg]": "",
            "folder-verdict [pc-1 eva /home/eva/nextcloud.cfg /home/eva/Büro]": "",
        },
        "pc-2": {
            "client-too-old [pc-2]": "skipped",
            f"old-server {at}]": "failure",
            f"folder-verdict {at} /home/eva/Büro]": "failure",
        },
        "pc-3": {"host-seen [pc-3]": "failure", "client-too-old [pc-3]": "skipped"},
    }


def test_counts_are_those_of_the_cases() -> None:
    root = ET.fromstring(written("junit", report()))  # noqa: S314 - our own
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.attrib[attribute]) == sum(case.find(tag) is not None for case in cases)
        assert int(element.attrib["tests"]) == len(cases)


def test_a_case_says_what_was_found_and_what_to_do() -> None:
    _, second, third = suites(written("junit", report()))
    waived, failed, *_ = second
    assert waived[0].attrib == {
        "message": "waived until 2027-03-31 by Ada: retired in March (client-too-old is not as it should be)"
    }
    assert failed[0].attrib == {"message": "old-server is not as it should be", "type": "old-server"}
    assert failed[0].text == "smartfleet plan --limit pc-2"
    assert third[1][0].attrib["message"].startswith("warning: ")
    assert second.attrib["timestamp"] == "2026-11-22T15:30:05"


def test_what_could_not_be_answered_is_an_error_and_no_pass() -> None:
    data = report()
    unknown = data.hosts[0].model_copy(
        update={"results": [data.hosts[2].results[0].model_copy(update={"answer": "unknown"})], "passed": []}
    )
    first, *_ = suites(written("junit", data.model_copy(update={"hosts": [unknown, *data.hosts[1:]]})))
    assert told(first)["host-seen [pc-1]"] == "error"


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_no_name_is_more_than_text(name: str) -> None:
    raw = written("junit", hostile(name))
    plain = [element.tag for element in ET.fromstring(written("junit", hostile("x"))).iter()]  # noqa: S314 - our own
    root = ET.fromstring(raw)  # noqa: S314 - our own
    assert [element.tag for element in root.iter()] == plain
    assert root[0].attrib["name"] == visible(name)
    assert raw.decode("utf-8").replace("\n", "").isprintable()
