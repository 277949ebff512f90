"""Passwords that the admin gives: who may read the file, where they go, and what the answers mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartfleet.assess import assess
from smartfleet.cli.credentials import compare, differences, load_credentials
from smartfleet.errors import ServerError, UsageError
from smartfleet.model.assessment import AccountAssessment
from smartfleet.model.results import FolderCheck
from tests.unit.builders import NEW, OLD, TIME, facts_of, fleet_config

PASSWORDS = {"eva": "planted-5ecret"}


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "credentials.yml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_private_file_is_read(tmp_path: Path) -> None:
    assert load_credentials(write(tmp_path, "eva: planted-5ecret\n")) == PASSWORDS


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UsageError) as caught:
        load_credentials(write(tmp_path, "eva: planted-5ecret\n", mode))
    assert caught.value.code == "credentials/open-to-others"
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "planted-5ecret", "[planted-5ecret]", "eva: 12345", "1: x", "eva: {", "\0", "- a"]
)
def test_a_file_that_is_no_mapping_is_not_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_credentials(write(tmp_path, text))
    assert "planted" not in str(caught.value)


# `eva: planted-5ecret`, as ansible-vault encrypt wrote it with the password "vault password"
VAULT = """\
$ANSIBLE_VAULT;1.1;AES256
38346133653539306532613430323938623361613537633561356562373364393239313835653331
6565363363306338386235666365313162363465636562370a383464373730356332306263613733
37666236313463643636656235663363336661363034316265656239363138663766323166393734
3037666165343334340a306265336439346435646239636364663863383164663761333530386461
30333465376536626138343537393135616136363063333232633564336138303736
"""


def test_a_vault_is_opened_with_the_vault_s_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "key"
    key.write_text("vault password\n")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(key))
    path = write(tmp_path, VAULT, 0o644)
    assert load_credentials(path) == PASSWORDS
    key.write_text("another\n")
    with pytest.raises(UsageError) as caught:
        load_credentials(path)
    assert caught.value.code == "credentials/vault"


def account() -> AccountAssessment:
    return assess("pc-1", TIME, facts_of({}), fleet_config()).profiles[0].accounts[0]


def check(url: str, **etags: str) -> FolderCheck:
    none = {"done": False}
    return FolderCheck.model_validate(
        {
            "user": "eva", "config_path": "/c", "account": "0", "group": "Folders", "alias": "0", "local_path": "/n",
            "url": url, "state": "ok", "level": "server", "before": none, "journal": none, "server": none,
            "etags": etags,
        }
    )  # fmt: skip


class Server:
    """Answers with etags and remembers who was asked with which password."""

    def __init__(self, answer: dict[str, str] | ServerError) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    def __call__(self, server: str, account: AccountAssessment, _target: str, password: str) -> dict[str, str]:
        assert account.login == "eva"
        self.asked.append((server, password))
        if isinstance(self.answer, ServerError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("url", ["https://evil.example.org", f"{NEW}.evil.example.org", f"{NEW}:8443", "", "x"])
def test_a_password_never_goes_where_a_host_says(url: str) -> None:
    server = Server({})
    found = compare(check(url, a="1"), account(), PASSWORDS, [NEW, OLD], server)
    assert not found.done
    assert server.asked == []


def test_equal_etags_are_a_match() -> None:
    server = Server({"a": "1", "b": "2"})
    found = compare(check(NEW + "/", a="1", b="2"), account(), PASSWORDS, [NEW, OLD], server)
    assert (found.done, found.same, found.unproven) == (True, 2, 0)
    assert server.asked == [(NEW, "planted-5ecret")]


@pytest.mark.parametrize(
    ("made", "credentials", "answer"),
    [
        (None, PASSWORDS, {}),
        (account(), {}, {}),
        (account(), PASSWORDS, ServerError("server/x", "it says no")),
    ],
)
def test_what_cannot_be_asked_says_why(made: Any, credentials: dict[str, str], answer: Any) -> None:
    found = compare(check(NEW, a="1"), made, credentials, [NEW], Server(answer))
    assert not found.done
    assert found.reason


def test_differences_are_named_and_bounded() -> None:
    journal = {f"file{number}": "1" for number in range(100)}
    found = differences(journal, {"file0": "1", "file1": "2", "x\x1b": "1"})
    assert (found.same, found.unproven, len(found.examples)) == (1, 100, 20)
    assert {one.detail for one in differences({"a": "1"}, {"a": "2", "b": "1"}).examples} == {
        "the server has another version",
        "only the server has it",
    }
