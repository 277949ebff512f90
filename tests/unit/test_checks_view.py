"""A profile read the way its client would read it."""

from __future__ import annotations

import pytest

from smartfleet.checks.view import Aim, ProfileView, view_profile
from smartfleet.model.facts import InstalledClient
from tests.unit.builders import NEW, OLD, Case, config_text, facts_of, host_facts, profile

AIM = Aim(old=(OLD, "http://older.example.org:8080/nc"), new=NEW)
PACKAGE = {"kind": "package", "version": "3.16.7", "path": "/usr/bin/nextcloud"}
APPIMAGE = {"kind": "appimage", "version": "33.0.1", "path": "/home/eva/Nextcloud.AppImage"}
FLATPAK = {"kind": "flatpak", "version": "33.0.2", "path": ""}
SNAP = {"kind": "snap", "version": "33.0.3", "path": ""}


def view_of(case: Case) -> ProfileView:
    facts = facts_of(case)
    return view_profile(facts.profiles[0], facts, AIM)


@pytest.mark.parametrize(
    ("url", "state"),
    [
        (OLD, "old"),
        (f"{OLD}/", "old"),
        ("HTTPS://Old.Example.org:443", "old"),
        ("http://older.example.org:8080/nc/", "old"),
        ("http://older.example.org:8080", "foreign"),
        ("http://older.example.org/nc", "foreign"),
        (OLD.replace("https", "http"), "foreign"),
        (f"{OLD}.evil.example", "foreign"),
        ("https://old.example.org@evil.example", "foreign"),
        (f"{NEW}/", "new"),
        ("no url at all", "foreign"),
    ],
)
def test_which_server_an_account_is_on(url: str, state: str) -> None:
    assert AIM.state(url) == state


def chosen(kind: str, clients: list[Case], *, running: bool = True) -> InstalledClient | None:
    return view_of({"config": {"kind": kind}, "clients": clients, "running": running}).client


@pytest.mark.parametrize(
    ("kind", "clients", "running", "version"),
    [
        ("standard", [PACKAGE], True, "3.16.7"),
        ("standard", [PACKAGE, APPIMAGE], True, "3.16.7"),
        ("standard", [PACKAGE, APPIMAGE], False, "33.0.1"),
        ("standard", [PACKAGE, FLATPAK, SNAP], False, "3.16.7"),
        ("confdir", [FLATPAK, APPIMAGE], False, "33.0.1"),
        ("flatpak", [PACKAGE, FLATPAK, SNAP], True, "33.0.2"),
        ("snap", [PACKAGE, FLATPAK, SNAP], True, "33.0.3"),
        ("flatpak", [PACKAGE], True, None),
        ("standard", [], True, None),
    ],
)
def test_the_installation_a_profile_uses(
    kind: str,
    clients: list[Case],
    running: bool,  # noqa: FBT001 - a case
    version: str | None,
) -> None:
    client = chosen(kind, clients, running=running)
    assert (client.version if client else None) == version


@pytest.mark.parametrize(
    ("client", "named", "qt"),
    [
        ({"version": "3.16.7", "qt": 6}, "3.7.3git", 6),
        ({"version": "3.7.3", "qt": None}, "3.16.7", 5),
        ({"version": "3.16.7", "qt": None}, "3.7.3git", 6),
        (None, "3.16.7", 6),
        (None, "3.7.3git", 5),
        (None, "", 5),
    ],
)
def test_the_dialect_is_the_installed_clients_before_the_files(client: Case | None, named: str, qt: int) -> None:
    text = config_text([{}]).replace("clientVersion=3.16.7", f"clientVersion={named}")
    assert view_of({"text": text, "clients": [client] if client else []}).qt == qt


def test_the_last_of_several_open_moves() -> None:
    case = {
        "transactions": [
            {"run": "r1", "started": 1.0},
            {"run": "r3", "started": 3.0},
            {"run": "r2", "started": 2.0},
            {"run": "r4", "started": 4.0, "state": "done"},
        ]
    }
    begun = view_of(case).open_move
    assert begun is not None
    assert begun.run == "r3"
    assert view_of({"transactions": [{"state": "undone"}]}).open_move is None


def test_names_in_the_keyring_are_known_only_where_it_is_open() -> None:
    assert view_of({}).secrets == [f"eva:{OLD}/:0"]
    assert view_of({"session": {"secrets": []}}).secrets == []
    assert view_of({"session": {"keyring": "locked"}}).secrets is None
    assert view_of({"session": {"state": "none"}}).secrets is None


def test_a_masked_file_is_read_although_its_hash_is_of_the_original() -> None:
    view = view_of({"config": {"sha256": "c" * 64, "masked": ["Proxy/pass"]}})
    assert (view.unread, view.state) == ("", "old")


def test_why_a_file_cannot_be_read() -> None:
    assert view_of({"config": {"state": "link", "content": ""}}).unread == "link"
    assert "line 1" in view_of({"text": "[Accounts\n"}).unread
    assert "SHA-256" in view_of({"config": {"sha256": "c" * 64}}).unread


def test_folders_belong_to_their_account() -> None:
    case = {"accounts": [{}, {"url": NEW, "user": "team", "folders": [{"local_path": "/home/eva/Team/"}]}]}
    old, new = view_of(case).accounts
    assert [folder.local_path for folder in old.folders] == ["/home/eva/Nextcloud/"]
    assert [folder.local_path for folder in new.folders] == ["/home/eva/Team/"]


def test_who_an_account_is() -> None:
    (account,) = view_of({"accounts": [{"user": "Eva", "login": "eva@example.org\x1b"}]}).accounts
    assert account.person == "eva"
    assert account.label == rf"eva@example.org\x1b@{OLD}"
    (nameless,) = view_of({"accounts": [{"user": "", "login": "Eva"}]}).accounts
    assert nameless.person == "eva"


def test_profiles_of_one_host_are_read_one_by_one() -> None:
    facts = host_facts(profile({}), profile({"user": "tom", "config": {"state": "absent", "content": ""}}))
    assert [view_profile(one, facts, AIM).state for one in facts.profiles] == ["old", "unreadable"]
