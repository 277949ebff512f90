from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartfleet.nextcloud.inivalues import Invalid, Variant, decode_key, decode_value, encode_key, encode_string
from tests.unit.client_files import texts

if TYPE_CHECKING:
    from smartfleet.nextcloud.inivalues import Value

VALUES: list[tuple[bytes, int | None, Value]] = [
    (b"plain", 6, "plain"),
    (b"", 6, ""),
    (b"a=b=c", 6, "a=b=c"),
    (b'"/home/eva/B\\xfcro Ablage, neu"', 5, "/home/eva/Büro Ablage, neu"),
    (b'"/home/eva/B\xc3\xbcro Ablage, neu"', 6, "/home/eva/Büro Ablage, neu"),
    (b"B\xc3\xbcro", 5, "BÃ¼ro"),
    (b"B\xc3\xbcro", None, "Büro"),
    (b"B\xfcro", None, "Büro"),
    (b"B\xfcro", 6, "B\ufffdro"),
    (b"\\x65e5\\x672c \\xd83d\\xde00", 5, "日本 😀"),
    (b"\\xfc\\x34", 5, "ü4"),
    (b"a\\xd800,", 5, ["a\ufffd", ""]),
    (b"\\x123456", 5, "\u3456"),
    (b"\\101\\0", 6, "A\0"),
    (b"a\\", 6, "a"),
    (b"a\\xg", 6, "ag"),
    (b"a\\qb", 6, "ab"),
    (b"a\\\r\n b", 6, "a b"),
    (b"  a b \t", 6, "a b"),
    (b'" a "', 6, " a "),
    (b"a\\x20  ", 6, "a "),
    (b"a, b,c", 6, ["a", "b", "c"]),
    (b'"a, b",', 6, ["a, b", ""]),
    (b"@@x, @@y", 6, ["@x", "@y"]),
    (b"@Invalid(), @ByteArray(x)", 6, [Invalid(), b"x"]),
    (b"@@user", 6, "@user"),
    (b"@user", 6, "@user"),
    (b"@ByteArray()", 6, b""),
    (b"@ByteArray(\\xff\\0a)", 5, b"\xff\0a"),
    (b"@String(a\\0b)", 6, "a\0b"),
    (b"@Invalid()", 6, Invalid()),
    (b"@Variant(\\0\\0\\0\\x11\\0\\0\\0\\x1x)", 6, Variant("Variant", b"\0\0\0\x11\0\0\0\x01x")),
    (b"@Rect(1 2 3 4)", 6, Variant("Rect", b"1 2 3 4")),
    (b"@Rect(1 2)", 6, "@Rect(1 2)"),
    (b"@Other(1)", 6, "@Other(1)"),
]


@pytest.mark.parametrize(("raw", "qt", "value"), VALUES)
def test_values_mean_what_qt_makes_of_them(raw: bytes, qt: int | None, value: Value) -> None:
    assert decode_value(raw, qt) == value


WRITTEN = [
    ("plain", 6, b"plain"),
    ("Büro, neu", 5, b'"B\\xfcro, neu"'),
    ("Büro, neu", 6, '"Büro, neu"'.encode()),
    ("üa", 5, b"\\xfc\\x61"),
    ("üg", 5, b"\\xfcg"),
    ("\x01a", 6, b"\\x1\\x61"),
    ("\x7f", 5, b"\\x7f"),
    ("\x7f", 6, b"\x7f"),
    ("😀", 5, b"\\xd83d\\xde00"),
    ("a;b", 6, b'"a;b"'),
    ("a=b", 6, b'"a=b"'),
    (" a", 6, b'" a"'),
    ("a ", 6, b'"a "'),
    ("a b", 6, b"a b"),
    ('a"b\\', 6, b'a\\"b\\\\'),
    ("\a\b\f\n\r\t\v", 6, b"\\a\\b\\f\\n\\r\\t\\v"),
    ("@x", 6, b"@@x"),
    ("a\0b", 6, b"@String(a\\0\\x62)"),
    ("", 6, b""),
    ("%41", 6, b"%41"),
]


@pytest.mark.parametrize(("text", "qt", "raw"), WRITTEN)
def test_text_is_written_as_that_qt_writes_it(text: str, qt: int, raw: bytes) -> None:
    assert encode_string(text, qt) == raw


@given(texts, st.sampled_from([5, 6]))
@settings(deadline=None)
def test_text_is_read_back(text: str, qt: int) -> None:
    raw = encode_string(text, qt)
    assert decode_value(raw, qt) == text
    # a newer client reads what an older one wrote
    assert qt == 6 or decode_value(raw, 6) == text
    assert qt == 6 or raw.isascii()


KEYS = [
    (rb"0\Folders\1\localPath", "0/Folders/1/localPath"),
    (b"with%20blank", "with blank"),
    (b"%U65E5%U672C", "日本"),
    (b"%UD83D%UDE00", "😀"),
    (b"%E4", "ä"),
    (b"%5C%2F", "\\/"),
]


@pytest.mark.parametrize(("raw", "key"), KEYS[:-1])
def test_keys_both_ways(raw: bytes, key: str) -> None:
    assert decode_key(raw) == key
    assert encode_key(key) == raw


@pytest.mark.parametrize(("raw", "key"), [KEYS[-1], (b"100%", "100%"), (b"%Uxyz", "%Uxyz"), (b"%c3%BC", "Ã¼")])
def test_odd_keys_are_read(raw: bytes, key: str) -> None:
    assert decode_key(raw) == key


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(deadline=None)
def test_keys_are_read_back(key: str) -> None:
    if "\\" not in key:  # as a part of a name it is written %5C, which is no slash
        assert decode_key(encode_key(key)) == key


@given(st.binary())
@settings(deadline=None)
def test_decoding_takes_any_bytes(raw: bytes) -> None:
    for qt in (5, 6, None):
        decode_value(raw, qt)
    decode_key(raw)
