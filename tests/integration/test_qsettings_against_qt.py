"""Qt 6 itself reads what the writer wrote, and our reader reads what Qt reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from smartfleet.nextcloud.inivalues import decode_value, encode_key, encode_string
from smartfleet.nextcloud.qsettings import parse, scan
from tests.unit.client_files import CONFIGS, HOSTILE_NAMES, NEW, Config, configs, moved_file, texts
from tests.unit.qt_settings import QtReader, as_qt, reader

pytestmark = pytest.mark.once
relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150
)


@pytest.fixture(scope="module")
def qt(tmp_path_factory: pytest.TempPathFactory) -> QtReader:
    return reader(tmp_path_factory.mktemp("qt"))


def ours(data: bytes) -> dict[str, object]:
    ini = scan(data)
    return {path: as_qt(decode_value(ini.raw_at(path) or b"", 6)) for path in ini.paths()}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_real_files_read_alike(qt: QtReader, path: Path) -> None:
    values = qt(path.read_bytes())
    mine = ours(path.read_bytes())
    assert len(mine) > 1
    # QtCore alone cannot load the colours that a client stores, and gives nothing for them
    assert {key: value for key, value in mine.items() if not key.endswith("Color")} == {
        key: value for key, value in values.items() if not key.endswith("Color")
    }


@pytest.mark.parametrize("generation", [5, 6])
@pytest.mark.parametrize("path", [path for path in CONFIGS if path.name.startswith("u")], ids=lambda path: path.name)
def test_a_move_of_a_real_file_reads_back(qt: QtReader, path: Path, generation: int) -> None:
    before = path.read_bytes()
    moved = moved_file(before, ["0"], NEW, generation)
    expected = {**qt(before), "Accounts/0/url": NEW}
    assert qt(moved.data) == expected


@pytest.mark.parametrize("generation", [5, 6])
@pytest.mark.parametrize("text", HOSTILE_NAMES)
def test_hostile_text_reads_back(qt: QtReader, text: str, generation: int) -> None:
    assert qt(b"k=" + encode_string(text, generation) + b"\nl=1\n") == {"k": text, "l": "1"}


@given(texts, st.sampled_from([5, 6]), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5))
@relaxed
def test_written_text_reads_back(qt: QtReader, text: str, generation: int, key: str) -> None:
    assume("/" not in key and "\\" not in key)
    data = b"[Accounts]\n0\\" + encode_key(key) + b"=" + encode_string(text, generation) + b"\n"
    assert qt(data) == {f"Accounts/0/{key}": text}


@given(configs())
@relaxed
def test_generated_files_read_alike(qt: QtReader, config: Config) -> None:
    values = qt(config.data)
    assert ours(config.data) == values
    assert config.values.items() <= values.items()


@given(configs())
@relaxed
def test_a_move_changes_for_qt_what_it_names(qt: QtReader, config: Config) -> None:
    moved = moved_file(config.data, config.on_old, NEW, config.qt)
    before, after = qt(config.data), qt(moved.data)
    named = {f"Accounts/{edit.key}".replace("\\", "/") for edit in moved.edits}
    assert {key for key in after if before.get(key) != after[key]} == named
    assert set(before) <= set(after)
    assert all(after[f"Accounts/{number}/url"] == NEW for number in config.on_old)


def can_be_asked_for(path: str) -> bool:
    """QSettings::value takes no empty key and folds slashes, so it cannot be asked for all that a file can hold."""
    return bool(path) and path == "/".join(part for part in path.split("/") if part)


odd = st.sampled_from(
    [
        b"\\",
        b'"',
        b",",
        b" ",
        b"\t",
        b"x",
        b"0",
        b"7",
        b"41",
        b"a",
        b"@",
        b"@@",
        b"@Invalid()",
        b"@ByteArray(",
        b")",
        b"\\x",
        b"\\n",
        b"%",
        "ü".encode(),
        b"=",
        b";",
        "日".encode(),
        b"@String(",
        b"\\\n",
        b"\\\r\n",
        b'"\n"',
        b"\x00",
    ]
)


@given(st.lists(odd, max_size=9).map(b"".join))
@settings(relaxed, max_examples=500)
def test_odd_values_read_alike(qt: QtReader, raw: bytes) -> None:
    data = b"k=" + raw + b"\nl=1\n"
    assume(not scan(data).problems)
    assume(all(can_be_asked_for(path) for path in ours(data)))
    assert ours(data) == qt(data)


lines = st.sampled_from(
    [
        b"[A]",
        b"[ B ] rest",
        b"[general]",
        b"[%General]",
        b"k=1",
        b"k = 2",
        b";c",
        b"l=1;c",
        b"",
        b" ",
        b"C\\k=3",
        b"l=",
        b"m=1 \\",
        b'n="',
        b"[A%20b]",
        b"p=a\\r",
        b"%U65e5=1",
        "ü=1".encode(),
    ]
)


@given(st.lists(st.tuples(lines, st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\r"])), max_size=12))
@settings(relaxed, max_examples=400)
def test_odd_files_read_alike(qt: QtReader, parts: list[tuple[bytes, bytes]]) -> None:
    data = b"".join(line + end for line, end in parts)
    assume(not scan(data).problems)
    assume(all(can_be_asked_for(path) for path in ours(data)))
    assert ours(data) == qt(data)
    assert parse(data).to_bytes() == data
