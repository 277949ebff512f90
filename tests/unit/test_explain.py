from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validate

from smartfleet.cli.explain import command
from smartfleet.errors import ConfigError, UsageError
from smartfleet.helpdesk import CONFIG_LIMIT, journals_beside, read_config
from smartfleet.model.explain import ExplainDocument
from smartfleet.nextcloud.explain import Servers, expected_journals, explain
from smartfleet.report.explanation import explanation_lines
from smartfleet.text import visible
from tests.unit.builders import config_text
from tests.unit.client_files import NEW, OLD, SAMPLES, Config, configs, moved_file

U7 = SAMPLES / "client-3.7.3/u7.cfg"
MOVE = ["--from", "http://LOCALHOST:8102/", "--to", NEW]


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """What a user sends: the configuration, and the journal as it lay in the folder."""
    shutil.copy(U7, tmp_path / "nextcloud.cfg")
    shutil.copy(SAMPLES / "client-3.7.3/journal/sync_bf7191848ef0.db", tmp_path / ".sync_de16309fa93d.db")
    return tmp_path / "nextcloud.cfg"


def run(*arguments: object) -> tuple[int, str]:
    answer = CliRunner().invoke(command, [str(one) for one in arguments], standalone_mode=False)
    if answer.exception:
        raise answer.exception
    return answer.return_value or 0, answer.output


def test_for_people(sent: Path) -> None:
    code, text = run(sent, *MOVE)
    assert code == 0
    assert "account 0: alice at http://localhost:8102, on the old server" in text
    assert "/home/eva/Büro Ablage, neu" in text
    assert "-0\\url=http://localhost:8102\n  +0\\url=https://mein.smartde.coop\n" in text
    assert "copy alice:http://localhost:8102/:0 to alice:https://mein.smartde.coop/:0" in text
    assert "5 files, 1 in conflict" in text


def test_as_json_by_its_schema(sent: Path) -> None:
    code, text = run(sent, *MOVE, "--format", "json")
    found = json.loads(text)
    validate(found, ExplainDocument.model_json_schema(by_alias=True, mode="serialization"))
    assert code == 0
    assert found["schema"] == "smartfleet.explain/1"
    assert [edit["key"] for edit in found["move"]["edits"]] == ["0\\url"]
    assert found["accounts"][0]["folders"][0]["counts"]["conflicts"] == 1
    assert [copy["required"] for copy in found["move"]["secrets"]].count(True) == 1


def test_the_written_file_is_the_one_of_a_move(sent: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.cfg"
    code, text = run(sent, *MOVE, "--write", out)
    assert code == 0
    assert f"written: {out}" in text
    assert out.read_bytes() == moved_file(U7.read_bytes(), ["0"], NEW, 5).data
    assert sent.read_bytes() == U7.read_bytes()
    with pytest.raises(UsageError, match="exists"):
        run(sent, *MOVE, "--write", out)
    with pytest.raises(UsageError, match="exists"):
        run(sent, *MOVE, "--write", sent)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--from", OLD],
        ["--to", NEW],
        ["--write", "out"],
        ["--from", "x", "--to", NEW],
        ["--from", NEW, "--to", NEW + "/"],
    ],
)
def test_wrong_usage(sent: Path, arguments: list[str]) -> None:
    assert CliRunner().invoke(command, [str(sent), *arguments]).exit_code == 2


BROKEN = [
    ("empty", b"", "config-empty"),
    ("binary", b"\x7fELF\x00\n\x01\n", "config-broken"),
    ("cut off in a name", b"[General]\na=1\n[Acc", "config-broken"),
    ("newer", b"[Accounts]\nversion=14\n0\\url=http://localhost:8102\n", "config-newer"),
    ("newer account", b"[Accounts]\n0\\url=http://localhost:8102\n0\\version=99\n", "config-newer"),
    ("relative", b"[Accounts]\n0\\url=http://localhost:8102\n0\\Folders\\1\\localPath=x\n", "folder-relative"),
    (
        "shared",
        b"[Accounts]\n0\\url=http://localhost:8102\n0\\Folders\\1\\localPath=/x\n0\\Folders\\2\\localPath=/x/\n",
        "folder-shared",
    ),
]


@pytest.mark.parametrize(("data", "code"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_file_that_must_not_be_moved(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "nextcloud.cfg"
    path.write_bytes(data)
    status, text = run(path, *MOVE)
    assert status == 1
    assert f"error[{code}]" in text
    with pytest.raises(ConfigError, match="nothing was written"):
        run(path, *MOVE, "--write", tmp_path / "out")
    assert not (tmp_path / "out").exists()


REMARKS = [
    ("unsafe client", b"clientVersion=34.0.0\n", "warning[client-unsafe]"),
    ("secret", b"[Proxy]\npass=c2VjcmV0\n", "warning[plain-text-password]"),
    ("no url", b"[Accounts]\n5\\version=1\n", "warning[account-without-url]"),
    ("no account", b"[General]\na=1\n", "note[no-account]"),
    ("cut off", b"[General]\na=1", "warning[config-truncated]"),
    ("elsewhere", b"[Accounts]\n0\\url=https://other\n", "note[not-on-old-server]"),
]


@pytest.mark.parametrize(("data", "remark"), [case[1:] for case in REMARKS], ids=[case[0] for case in REMARKS])
def test_remarks(tmp_path: Path, data: bytes, remark: str) -> None:
    path = tmp_path / "nextcloud.cfg"
    path.write_bytes(data)
    status, text = run(path, *MOVE)
    assert status == 0
    assert remark in text
    assert "c2VjcmV0" not in text


def test_a_file_from_windows(tmp_path: Path) -> None:
    data = config_text([{"folders": [{"local_path": "C:/Users/eva/Büro/"}]}], os="windows").encode()
    (tmp_path / "nextcloud.cfg").write_bytes(data)
    new = tmp_path / "new.cfg"
    old = "https://old.example.org"
    code, text = run(tmp_path / "nextcloud.cfg", "--from", old, "--to", NEW, "--write", new)
    assert code == 0
    assert "C:/Users/eva/Büro/" in text
    assert f"in the keyring as Nextcloud_eva:{old}/:0" in text
    assert f"copy Nextcloud_eva:{old}/:0 to Nextcloud_eva:{NEW}/:0" in text
    assert new.read_bytes() == data.replace(old.encode(), NEW.encode())


def test_a_file_from_windows_with_a_key_in_two_spellings(tmp_path: Path) -> None:
    (tmp_path / "nextcloud.cfg").write_bytes(b"[Accounts]\r\n0\\url=https://a.example\r\n0\\URL=https://b.example\r\n")
    _, text = run(tmp_path / "nextcloud.cfg", "--from", "https://a.example", "--to", NEW, "--format", "json")
    found = json.loads(text)
    assert found["move"] is None
    assert [finding["code"] for finding in found["findings"] if finding["severity"] == "error"] == ["config-spelling"]


def test_files_that_are_none(tmp_path: Path) -> None:
    large = tmp_path / "large.cfg"
    large.write_bytes(b"x=1\n" * (CONFIG_LIMIT // 2))
    for path, code in ((tmp_path / "absent", "unreadable"), (tmp_path, "not-a-file"), (large, "too-large")):
        with pytest.raises(ConfigError) as caught:
            read_config(path)
        assert caught.value.code == f"config/{code}"


def test_a_journal_that_leads_elsewhere_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "in" / "nextcloud.cfg"
    path.parent.mkdir()
    path.write_bytes(b"[Accounts]\n0\\url=https://a\n0\\Folders\\1\\localPath=/x\n0\\Folders\\1\\journalPath=../j.db\n")
    (tmp_path / "j.db").write_bytes(b"x")
    assert journals_beside(path, expected_journals(path.read_bytes())) == {}


def test_a_damaged_journal_is_told(sent: Path) -> None:
    (sent.parent / ".sync_de16309fa93d.db").write_bytes(b"x")
    assert "no SQLite database" in run(sent)[1]


@given(configs())
@settings(deadline=None, max_examples=50)
def test_nothing_of_a_file_reaches_the_terminal_raw(config: Config) -> None:
    found = explain(config.data, name="x", servers=Servers(OLD, NEW))
    for line in explanation_lines(found.document):
        assert visible(line) == line
    if found.new_data is not None:
        assert found.new_data == moved_file(config.data, config.on_old, NEW, 5).data


HOSTILE = {
    "accounts": b"[Accounts]\n" + b"".join(b"%d\\url=https://a\n%d\\x=1\n" % (n, n + 9**9) for n in range(8000)),
    "folders": b"[Accounts]\n0\\url=%s\n" % OLD.encode()
    + b"".join(b"0\\Folders\\%d\\localPath=x\n" % number for number in range(8000)),
    "host": b"[Accounts]\n0\\url=https://xn--" + b"a" * 300000 + b"\n",
    "unicode host": b"[Accounts]\n0\\url=https://" + "ü".encode() * 150000 + b"\n",
    "escapes": b"[Accounts]\n0\\url=https://a\n0\\displayName=" + b"\\x41" * 70000 + b"\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_takes_no_long_time(name: str) -> None:
    start = time.process_time()
    explain(HOSTILE[name], name="x", servers=Servers(OLD, NEW))
    assert time.process_time() - start < 5


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_file_is_explained(data: bytes) -> None:
    found = explain(data, name="x", servers=Servers(OLD, NEW))
    assert json.loads(found.document.model_dump_json())["size"] == len(data)
