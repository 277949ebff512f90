"""What is written for pywinrm is what xmltodict writes, to the byte."""

from __future__ import annotations

from typing import Any

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from winrm.protocol import Protocol

from smartfleet.reading.envelopes import writing

WRITE = writing(xmltodict.unparse)
NAMES = st.sampled_from(
    ["a", "w:Shell", "rsp:Stream", "ü", "a b", "a<b", "?x", "", "#comment", "#text", "@xmlns", "@n"]
)
TEXTS = st.text(st.sampled_from("a0+/=&<>\"'\n\r\t ]ä\u2028")) | st.text()
ODD = st.integers() | st.booleans() | st.binary(max_size=3) | st.just(b"YWJj") | st.floats() | st.tuples(TEXTS)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | TEXTS | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def said(write: Any, document: Any) -> object:
    """What it gives, or in which words it refuses."""
    try:
        return write(document)
    except Exception as error:  # noqa: BLE001 - whatever it is, both shall raise it
        return type(error), str(error)


@given(st.dictionaries(NAMES, VALUES, max_size=2))
def test_any_document_is_written_as_before(document: dict[str, Any]) -> None:
    assert said(WRITE, document) == said(xmltodict.unparse, document)


class SentError(Exception):
    """In the place of an answer."""


CALLS = {
    "open": lambda protocol: protocol.open_shell(codepage=65001),
    "run": lambda protocol: protocol.run_command("shell", "powershell", ["-Command", "a & 'b' < \"c\""]),
    "input": lambda protocol: protocol.send_command_input("shell", "command", b"x" * 1000),
    "output": lambda protocol: protocol.get_command_output_raw("shell", "command"),
    "clean": lambda protocol: protocol.cleanup_command("shell", "command"),
    "close": lambda protocol: protocol.close_shell("shell"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_message_needs_no_xmltodict(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    protocol: Any = Protocol("http://pc.example:5985/wsman", transport="ntlm", username="admin", password="secret")
    documents, real = list[Any](), xmltodict.unparse

    def send(_message: str) -> None:
        raise SentError

    def noting(document: Any) -> str:
        documents.append(document)
        return str(real(document))

    monkeypatch.setattr(xmltodict, "unparse", noting)
    monkeypatch.setattr(protocol, "send_message", send)
    with pytest.raises(SentError):
        CALLS[name](protocol)
    (document,) = documents
    written = list[Any]()

    def counting(given: Any) -> str:
        written.append(given)
        return str(real(given))

    write = writing(counting)
    assert [write(document) for _ in range(2)] == [real(document)] * 2
    # the head, and each of its tags once
    tags = len(written)
    write(document)
    assert len(written) == tags
    assert document not in written
