"""Who is told, at which address, and the letters that are written."""

from __future__ import annotations

import email
import email.policy
import stat
from pathlib import Path

import pytest

from smartfleet.addresses import is_address
from smartfleet.assess import assess
from smartfleet.errors import UsageError
from smartfleet.model.notices import NoticeKind
from smartfleet.model.results import Outcome, OutcomeName
from smartfleet.notify.addresses import address_of, parse_addresses
from smartfleet.notify.letters import Form, Person, persons, write_letters
from smartfleet.notify.recipients import Recipient, recipients, users_of
from smartfleet.notify.write import Written
from tests.unit.builders import CONFIG_PATH, NEW, OLD, TIME, facts_of, fleet_config

WRITTEN = Written("Ihre Nextcloud: jetzt für immer ¡ü!", "kurz", "Guten Tag,\n\nalles bleibt, wo es ist: äöü €\n")
PATH = Path("people.csv")


def outcome(name: OutcomeName, host: str = "pc-1") -> Outcome:
    return Outcome(host=host, user="eva", config_path=CONFIG_PATH, outcome=name)


@pytest.mark.parametrize(
    ("kind", "url", "outcomes", "told"),
    [
        ("announce", OLD, [], True),
        ("moving-now", OLD, [], True),
        ("ask-to-postpone", OLD, [outcome("waiting-session")], True),
        ("announce", NEW, [outcome("moved")], False),
        ("sign-in", NEW, [outcome("waiting-sign-in")], True),
        ("sign-in", NEW, [outcome("moved")], False),
        ("sign-in", NEW, [outcome("waiting-sign-in", "pc-2")], False),
        ("done", NEW, [outcome("moved")], True),
        ("done", OLD, [], False),
    ],
)
def test_whom_a_notice_concerns(kind: NoticeKind, url: str, outcomes: list[Outcome], told: bool) -> None:  # noqa: FBT001
    facts = facts_of({"accounts": [{"url": url}]})
    host = assess("pc-1", TIME, facts, fleet_config())
    found = recipients(kind, [host], outcomes)
    assert [(one.host, one.user) for one in found] == ([("pc-1", "eva")] if told else [])
    assert recipients(kind, [host], outcomes, ["bert"]) == []


def test_a_user_with_two_configurations_is_told_once() -> None:
    (profile,) = assess("pc-1", TIME, facts_of({}), fleet_config()).profiles
    other = profile.model_copy(
        update={
            "config_path": "/home/eva/second.cfg",
            "accounts": [profile.accounts[0].model_copy(update={"user": "x"})],
        }
    )
    (found,) = users_of("pc-1", [profile, other])
    assert (found.user, found.accounts, len(found.folders)) == ("eva", ("eva", "x"), 1)


@pytest.mark.parametrize("text", ["anna@example.org", "a.b+c@mail.example", "o'neill@x-y.example"])
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "anna",
        "anna@",
        "@example.org",
        "a b@example.org",
        "a@b\nBcc: c@d.example",
        "a@b,c@d",
        "<a@b>",
        "ä@b",
        "a@b" * 99,
    ],
)
def test_no_addresses(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize(
    "text",
    ["name,address\nAnna,a@example.org\n", "anna;a@example.org\r\n\r\n", "anna, a@example.org \nANNA,a@example.org"],
)
def test_a_list_of_addresses(text: str) -> None:
    assert parse_addresses(text, PATH) == {"anna": "a@example.org"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("anna\n", "line 1"),
        ("name,address\nanna,nobody\n", "line 2"),
        ("anna,a@example.org\nanna,b@example.org\n", "a second address"),
        ("anna,a@example.org,x\n", "line 1"),
        (",a@example.org\n", "line 1"),
        ("\x1b[1m,x\n", "\\x1b[1m"),
    ],
)
def test_a_list_that_cannot_be_used(text: str, word: str) -> None:
    with pytest.raises(UsageError, match="notify/addresses") as caught:
        parse_addresses(text, PATH)
    assert word in caught.value.message


def test_where_an_address_comes_from() -> None:
    known = {"anna": "listed@example.org"}
    assert address_of(["Anna"], known) == "listed@example.org"
    assert address_of(["a@own.example", "anna"], known) == "listed@example.org"
    assert address_of(["a@own.example", "bert"], known) == "a@own.example"
    assert address_of(["bert"], known) == ""


def test_one_letter_for_each_account() -> None:
    found = persons(
        [
            Recipient("pc-1", "anna", ("anna@x.example",), ("/home/anna/Nextcloud",)),
            Recipient("pc-2", "anna.b", ("anna@x.example",), ("/home/anna.b/Nextcloud",)),
            Recipient("pc-3", "anna", (), ()),
            Recipient("pc-4", "anna", (), ()),
        ],
        {},
    )
    assert [(one.name, one.users, one.hosts, one.address) for one in found] == [
        ("anna@x.example", ("anna", "anna.b"), ("pc-1", "pc-2"), "anna@x.example"),
        ("anna", ("anna",), ("pc-3",), ""),
        ("anna", ("anna",), ("pc-4",), ""),
    ]


def person(name: str, address: str = "", host: str = "pc-1") -> Person:
    return Person(name, (name,), (host,), (), address)


def test_a_mail_is_one_that_programs_read(tmp_path: Path) -> None:
    (name,) = write_letters(tmp_path / "new", [person("anna", "anna@example.org")], "mail", lambda _person: WRITTEN)
    file = tmp_path / "new" / name
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (message["To"], message["Subject"], message["X-Unsent"]) == ("anna@example.org", WRITTEN.title, "1")
    assert message.get_content().replace("\r\n", "\n") == WRITTEN.text
    assert message["From"] is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes().isascii()


@pytest.mark.parametrize("form", ["mail", "text"])
def test_nobody_s_letter_is_another_s(tmp_path: Path, form: Form) -> None:
    names = [
        "anna",
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "a\0b",
        "\x1b[1m",
        "",
        "x" * 300,
        ".hidden",
        "CON",
        "ä",
        "\udcff",
    ]
    people = [person(name) for name in names] + [person("anna", host="pc-2")]
    written = write_letters(tmp_path / "new", people, form, lambda _person: WRITTEN)
    assert len(written) == len(people)
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(written)
    assert all(name.isascii() and name.isprintable() and len(name) < 80 for name in written)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_letter_as_text(tmp_path: Path) -> None:
    (name,) = write_letters(tmp_path / "new", [person("anna", "anna@example.org")], "text", lambda _person: WRITTEN)
    text = (tmp_path / "new" / name).read_text("utf-8")
    assert text == f"anna@example.org\n{WRITTEN.title}\n\n{WRITTEN.text}"


def test_letters_do_not_go_where_others_are(tmp_path: Path) -> None:
    (tmp_path / "old.eml").touch()
    with pytest.raises(UsageError, match="notify/not-empty"):
        write_letters(tmp_path, [person("anna")], "mail", lambda _person: WRITTEN)
    with pytest.raises(UsageError, match="notify/unwritable"):
        write_letters(tmp_path / "old.eml", [person("anna")], "mail", lambda _person: WRITTEN)
