"""The report as JUnit XML: a suite for each host, a case for each check of it, of its profiles and of their folders.

A case fails or errs where the policy is not kept, so that a pipeline is red when `smartfleet report` ends with 10:
``failure`` is a check of severity error that fails, ``error`` one that could not be answered. What is waived, and
warnings and notes, are ``skipped`` with their reason: they are no pass, and do not make a host non-compliant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Literal
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from smartfleet.model.policy import CheckResult
from smartfleet.model.report import HostRow, ProfileRow, ReportData
from smartfleet.report.subjects import Subject, by_host, of_host
from smartfleet.text import visible
from smartfleet.words import Words

Element = Literal["failure", "error", "skipped"]


@dataclass(frozen=True)
class Case:
    """`element` is None for a pass."""

    name: str
    element: Element | None = None
    type: str = ""
    message: str = ""
    do: str = ""


def write(data: ReportData, out: BinaryIO, words: Words) -> None:  # noqa: ARG001 - programs read it: one language
    # asked twice: all cases of a fleet at once would take more memory than the report
    totals = _totals(case for host, profiles in by_host(data) for case in _cases(host, profiles))
    xml = XMLGenerator(out, encoding="utf-8", short_empty_elements=True)
    xml.startDocument()
    attributes = {"name": visible(f"smartfleet {data.fleet}"), "time": "0", **totals}
    xml.startElement("testsuites", AttributesImpl(attributes))
    for host, profiles in by_host(data):
        _suite(xml, host, list(_cases(host, profiles)), data.created)
    xml.endElement("testsuites")
    xml.endDocument()


def _suite(xml: XMLGenerator, host: HostRow, cases: Sequence[Case], created: float) -> None:
    moment = datetime.fromtimestamp(created if host.audited is None else host.audited, UTC)
    attributes = {
        "name": visible(host.host),
        "hostname": visible(host.host),
        "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S"),
        "time": "0",
        **_totals(iter(cases)),
    }
    xml.startElement("testsuite", AttributesImpl(attributes))
    for case in cases:
        names = {"classname": visible(host.host), "name": visible(case.name), "time": "0"}
        xml.startElement("testcase", AttributesImpl(names))
        if case.element:
            _answer(xml, case, case.element)
        xml.endElement("testcase")
    xml.endElement("testsuite")


def _answer(xml: XMLGenerator, case: Case, element: Element) -> None:
    attributes = {"message": visible(case.message)}
    if element != "skipped":
        attributes["type"] = visible(case.type)
    xml.startElement(element, AttributesImpl(attributes))
    xml.characters(visible(case.do))
    xml.endElement(element)


def _totals(cases: Iterator[Case]) -> dict[str, str]:
    counts = Counter(case.element for case in cases)
    return {
        "tests": str(counts.total()),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "skipped": str(counts["skipped"]),
    }


def _cases(host: HostRow, profiles: Sequence[ProfileRow]) -> Iterator[Case]:
    for subject in of_host(host, profiles):
        about = _about(subject)
        for check in subject.passed:
            yield Case(f"{check}{about}")
        for result in subject.results:
            yield _case(result, about)


def _about(subject: Subject) -> str:
    """Which host, profile or folder: names alone tell cases apart in what shows them."""
    parts = [subject.host, subject.user, subject.config_path, subject.folder]
    return f" [{' '.join(part for part in parts if part)}]"


def _case(result: CheckResult, about: str) -> Case:
    waiver, message = result.waiver, result.message
    element: Element = "skipped"
    if result.answer == "waived" and waiver:
        message = f"waived until {waiver.until} by {waiver.who}: {waiver.why} ({message})"
    elif result.severity != "error":
        message = f"{result.severity}: {message}"
    elif result.answer != "waived":
        element = "failure" if result.answer == "fail" else "error"
    return Case(f"{result.check}{about}", element, result.check, message, result.do)
