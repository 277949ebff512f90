from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartfleet.nextcloud import inivalues, qsettings
from smartfleet.nextcloud.qsettings import IniFile, encode_key, parse, scan
from tests.unit.client_files import CONFIGS, Config, configs

pieces = st.sampled_from(
    [b"[", b"]", b"=", b";", b'"', b"\\", b"\n", b"\r", b"\r\n", b" ", b"\t", b"k", b"[A]\n", b"\xef\xbb\xbf", b"%20"]
)
anything = st.binary(max_size=200) | st.lists(pieces | st.binary(max_size=2), max_size=60).map(b"".join)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_files_of_real_clients_are_read_and_kept(path: Path) -> None:
    data = path.read_bytes()
    assert parse(data).to_bytes() == data


@given(anything)
@settings(deadline=None, max_examples=400)
def test_any_bytes_survive_reading(data: bytes) -> None:
    ini = scan(data)
    assert ini.to_bytes() == data
    for entry in ini.entries:
        assert 0 <= entry.start < entry.value <= entry.end <= len(data)


@given(configs())
@settings(deadline=None, max_examples=30)
def test_every_value_can_be_replaced_alone(config: Config) -> None:
    ini = parse(config.data)
    for path in ini.paths():
        section, _, key = _spelled(path)
        entry = ini.index[path]
        changed = ini.with_raw(section, key, b'"new, value"')
        assert changed.to_bytes() == config.data[: entry.value] + b'"new, value"' + config.data[entry.end :]
        assert changed.with_raw(section, key, ini.raw_at(path)).to_bytes() == config.data


@given(anything, st.binary(max_size=8))
@settings(deadline=None)
def test_a_new_value_is_read_back_or_refused(data: bytes, raw: bytes) -> None:
    ini = scan(data)
    try:
        changed = ini.with_raw("Accounts", "0\\url", raw)
    except ValueError:
        return
    if not any(problem.message.startswith("a quotation") for problem in ini.problems):
        assert changed.get_raw("Accounts", "0\\url") == raw
        assert set(changed.paths()) == {*ini.paths(), "Accounts/0/url"}


PROBLEMS = [
    (b"\0\0\0\0", 1, "neither"),
    (b"[General]\nclientVersion=3\n\n[Accou", 4, "closing bracket"),
    (b"[A]\r\n\r\nurl\r\n", 3, "neither"),
    (b'a=1\rb="x\r\nc=2\r\n', 2, "never closed"),
    (b"\x7fELF\x02\x01\n=\n", 1, "neither"),
    (b"# no comment in this dialect\n", 1, "neither"),
    (b"<html>\n<body>\n", 1, "(and 1 more)"),
]


@pytest.mark.parametrize(("data", "line", "message"), PROBLEMS)
def test_what_qt_calls_a_format_error_names_its_line(data: bytes, line: int, message: str) -> None:
    with pytest.raises(ValueError, match="line") as caught:
        parse(data)
    assert str(caught.value).startswith(f"line {line}: ")
    assert message in str(caught.value)


READ = [
    ("duplicate key, the last counts", b"[A]\nk=1\nk=2\n", "A", "k", b"2"),
    ("section twice", b"[A]\nk=1\n[B]\nk=5\n[A]\nk=2\n", "A", "k", b"2"),
    ("before any section", b"k=1\n[A]\nx=2\n", "General", "k", b"1"),
    ("general in any case", b"[gEnErAl]\nk=1\n", "General", "k", b"1"),
    ("a group named general", b"[%General]\nk=1\n", "%General", "k", b"1"),
    ("comment behind a value", b"[A]\nk=1 ; because\nl=2\n", "A", "k", b"1"),
    ("semicolon in quotes", b'[A]\nk="1;2"\n', "A", "k", b'"1;2"'),
    ("blanks around", b"[ A ]\n  k  =  1  \n", "A", "k", b"1"),
    ("continued line", b"[A]\nk=1\\\n 2\nl=3\n", "A", "k", b"1\\\n 2"),
    ("line break in quotes", b'[A]\nk="1\n[B]\nl=2"\n', "A", "k", b'"1\n[B]\nl=2"'),
    ("percent-encoded", b"[Un%20known]\na%U20ac=1\n", "Un%20known", "a%U20AC", b"1"),
    ("carriage returns alone", b"[A]\rk=1\rl=2", "A", "l", b"2"),
    ("byte order mark", b"\xef\xbb\xbf[A]\nk=1\n", "A", "k", b"1"),
    ("groups in the section's name", b"[A\\0]\nurl=1\n", "A", "0\\url", b"1"),
    ("empty value", b"[A]\nk=\n", "A", "k", b""),
    ("absent", b"[A]\nk=1\n", "A", "K", None),
]


@pytest.mark.parametrize(("data", "section", "key", "raw"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_values_that_count(data: bytes, section: str, key: str, raw: bytes | None) -> None:
    assert parse(data).get_raw(section, key) == raw


INSERTED = [
    ("among its siblings", b"[A]\n0\\a=1\n0\\z=2\n1\\a=3\n", "0\\m", b"[A]\n0\\a=1\n0\\m=X\n0\\z=2\n1\\a=3\n"),
    ("behind the last sibling", b"[A]\r\n0\\a=1\r\n1\\a=3\r\n", "0\\m", b"[A]\r\n0\\a=1\r\n0\\m=X\r\n1\\a=3\r\n"),
    ("behind a comment", b"[A]\n0\\a=1 ;c\n\n[B]\nx=1\n", "0\\m", b"[A]\n0\\a=1 ;c\n0\\m=X\n\n[B]\nx=1\n"),
    ("before blanks", b"[A]\n  0\\z=1\n", "0\\m", b"[A]\n0\\m=X\n  0\\z=1\n"),
    ("no siblings", b"[A]\nb=1\nz=2\n", "0\\m", b"[A]\n0\\m=X\nb=1\nz=2\n"),
    ("empty section", b"[A]\n[B]\nx=1\n", "0\\m", b"[A]\n0\\m=X\n[B]\nx=1\n"),
    ("no line ending at the end", b"[A]\n0\\a=1", "0\\m", b"[A]\n0\\a=1\n0\\m=X"),
    ("header at the end", b"[A]", "0\\m", b"[A]\n0\\m=X"),
    ("no section", b"[B]\r\nx=1\r\n", "0\\m", b"[B]\r\nx=1\r\n\r\n[A]\r\n0\\m=X\r\n"),
    ("empty file", b"", "0\\m", b"[A]\n0\\m=X\n"),
    ("section twice", b"[A]\nx=1\n[B]\n[A]\n0\\a=1\n", "0\\m", b"[A]\nx=1\n[B]\n[A]\n0\\a=1\n0\\m=X\n"),
]


@pytest.mark.parametrize(
    ("data", "key", "expected"), [case[1:] for case in INSERTED], ids=[case[0] for case in INSERTED]
)
def test_a_new_key_goes_to_its_siblings(data: bytes, key: str, expected: bytes) -> None:
    assert parse(data).with_raw("A", key, b"X").to_bytes() == expected


def test_a_removed_key_takes_its_line_and_its_doubles_along() -> None:
    ini = parse(b"[A]\r\nk=1 ; why\r\n  l=2\r\nk=3\r\n")
    assert ini.with_raw("A", "k", None).to_bytes() == b"[A]\r\n  l=2\r\n"
    assert ini.with_raw("A", "absent", None).to_bytes() == ini.to_bytes()


@pytest.mark.parametrize("raw", [b"a\nb=1", b"a;b", b'"a', b" a", b"a\\"])
def test_a_raw_value_that_would_break_out_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="read back"):
        parse(b"[A]\nk=1\n").with_raw("A", "k", raw)


HUGE = {
    "one line": b"k=" + b"x" * 2**21,
    "quotes": b"k=" + b'"' * 2**19,
    "backslashes": b"k=" + b"\\" * 2**19,
    "empty lines": b"\n" * 2**21,
    "comments": b";\n" * 2**18,
    "blanks": b"k=" + b" " * 2**21,
    "blanks before a quotation": b"k=" + b" " * 2**15 + b'"',
    "headers": b"[" * 2**20,
    "keys": b"".join(b"k%d=1\n" % number for number in range(2**15)),
    "problems": b"x\n" * 2**16,
}


@pytest.mark.parametrize("name", HUGE)
def test_time_is_linear_in_the_size(name: str) -> None:
    small, large = HUGE[name][: len(HUGE[name]) // 8], HUGE[name]
    assert _seconds(large) < 40 * max(_seconds(small), 0.01)


def _seconds(data: bytes) -> float:
    start = time.process_time()
    scan(data)
    return time.process_time() - start


def _spelled(path: str) -> tuple[str, str, str]:
    group, slash, key = path.partition("/")
    if not slash:
        return "General", "", encode_key(group).decode()
    return encode_key(group).decode(), slash, encode_key(key).decode()


def test_whole_files_are_values() -> None:
    one, other = parse(b"[A]\nk=1\n"), parse(b"[A]\nk=1\n")
    assert one == other
    assert isinstance(one, IniFile)
    assert one.complete
    assert not parse(b"[A]\nk=1").complete


PIECES = [b"a", b"0\\x", b"\\", b"=", b'"', b";", b"\n", b"\r", b" ", b"\t", b"@", b",", b"%41", b"[s]\n", b".", b"~"]
PIECES += [b"\xc3\xa4", b"/", b"-", b"!", b"\x00", b"\xef\xbb\xbf", b"b=c"]


@given(st.lists(st.sampled_from(PIECES)).map(b"".join))
def test_the_short_way_through_common_lines_reads_what_the_rules_read(data: bytes) -> None:
    def found() -> tuple[object, ...]:
        return qsettings.scan(data), *(inivalues.decode_value(data, qt) for qt in (None, 5, 6))

    short = found()
    never = re.compile(rb"(?!)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qsettings, "_COMMON", never)
        patch.setattr(inivalues, "_LITERAL", never)
        assert found() == short
