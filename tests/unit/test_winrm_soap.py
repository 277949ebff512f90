"""SOAP of the emulated endpoint: what pywinrm sends is read, what pywinrm expects is written, the rest is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.lab.winrm import soap, wsfault
from smartfleet.lab.winrm.wsfault import WsFault
from tests.unit.winrm_messages import MESSAGE_ID, envelope

NAMES = {"s": soap.SOAP, "a": soap.ADDRESSING, "f": soap.WSMAN_FAULT, "i": soap.IDENTITY}
IDENTIFY = (
    f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Header/><s:Body><i:Identify xmlns:i="{soap.IDENTITY}"/>'
    "</s:Body></s:Envelope>"
)


def parsed(data: bytes) -> soap.Request:
    return soap.parse(soap.parse_xml(data))


def test_a_request_of_pywinrm_is_read() -> None:
    body = {"rsp:Receive": {"rsp:DesiredStream": {"@CommandId": "C1", "#text": "stdout stderr"}}}
    request = parsed(envelope("Receive", body, shell_id="S1", WINRS_SKIP_CMD_SHELL="FALSE"))
    assert (request.action, request.shell_id, request.resource) == ("Receive", "S1", f"{soap.SHELL}/cmd")
    assert request.message_id == f"uuid:{MESSAGE_ID}"
    assert (request.timeout, request.max_envelope) == (20.0, 153_600)
    assert request.options == {"WINRS_SKIP_CMD_SHELL": "FALSE"}
    stream = request.first("DesiredStream")
    assert stream is not None
    assert stream.get("CommandId") == "C1"


def test_an_answer_relates_to_its_request() -> None:
    root = soap.parse_xml(soap.answer(parsed(envelope("Signal", shell_id="S1")), "<rsp:SignalResponse/>"))
    assert root.findtext(".//a:RelatesTo", namespaces=NAMES) == f"uuid:{MESSAGE_ID}"
    assert root.findtext(".//a:Action", namespaces=NAMES) == f"{soap.SHELL}/SignalResponse"


def test_a_fault_has_code_and_words() -> None:
    written = soap.fault(wsfault.unknown_shell('<"&>'), message_id="uuid:1", machine='win"01')
    fault = soap.parse_xml(written).find(".//f:WSManFault", NAMES)
    assert fault is not None
    assert (fault.get("Code"), fault.get("Machine")) == ("2150858843", 'win"01')
    assert '<"&>' in (fault.findtext("f:Message", namespaces=NAMES) or "")


def test_identify_tells_ways_to_sign_in_only_to_those_who_have() -> None:
    assert soap.is_identify(soap.parse_xml(IDENTIFY.encode()))
    assert not soap.is_identify(soap.parse_xml(envelope("Create")))
    assert b"SecurityProfiles" not in soap.identity(product="OS: 0.0.0", profiles=[])
    assert b"<wsmid:SecurityProfileName>x</wsmid" in soap.identity(product="OS: 10", profiles=["x"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<",
        b"\xff\xfe<\0a\0/\0>\0",
        "<a>\ud800</a>".encode("utf-8", "surrogatepass"),
        b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
        b'<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<a>&undeclared;</a>",
        b"<a>" * 100_000,
        b"<a><b></a></b>",
    ],
)
def test_what_is_not_plain_xml_is_refused(data: bytes) -> None:
    with pytest.raises(WsFault):
        soap.parse_xml(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<a/>",
        IDENTIFY.encode(),
        envelope("Create").replace(b"env:Body", b"env:Other"),
        envelope("Create").replace(b"a:MessageID", b"a:Other"),
        envelope("Create").replace(b"a:Action", b"a:Other"),
        envelope("Create").replace(b"2003/05/soap-envelope", b"2001/05/soap-envelope"),
    ],
)
def test_a_message_that_lacks_what_every_request_has_is_refused(data: bytes) -> None:
    with pytest.raises(WsFault):
        parsed(data)


def test_depth_is_no_problem() -> None:
    deep = b"<a>" * 50_000 + b"</a>" * 50_000
    with pytest.raises(WsFault):
        parsed(envelope("Create").replace(b"<env:Body></env:Body>", deep))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("PT20S", 20.0), ("PT1M", 60.0), ("PT1H2M3.5S", 3723.5), ("PT0.5S", 0.5), ("", 60.0), ("PT", 60.0), ("20", 60.0),
     ("P1D", 60.0), ("PT-5S", 60.0), ("PT99999999999S", 60.0)],
)  # fmt: skip
def test_durations(text: str, expected: float) -> None:
    assert soap.seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("153600", 153_600), ("99999999", 512_000), ("x", 512_000), ("", 512_000)]
)
def test_no_envelope_is_larger_than_windows_allows(text: str, expected: int) -> None:
    data = envelope("Create").replace(b">153600<", f">{text}<".encode())
    assert parsed(data).max_envelope == expected


@given(st.binary(max_size=300))
def test_any_bytes_are_xml_or_refused(data: bytes) -> None:
    with contextlib.suppress(WsFault):
        soap.parse(soap.parse_xml(data))


@given(st.data())
def test_a_damaged_message_is_read_or_refused(data: st.DataObject) -> None:
    message = bytearray(envelope("Create", shell_id="S1"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(message) - 1))
        message[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=5))
    with contextlib.suppress(WsFault):
        parsed(bytes(message))
