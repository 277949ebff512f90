from __future__ import annotations

import pytest

from smartfleet.nextcloud.names import (
    client_url,
    is_conflict_name,
    is_ignored_name,
    is_journal_name,
    journal_name,
)
from tests.unit.qt_settings import REASON

# each seen with a real client
JOURNALS = [
    ("alice", "http://localhost:8102", "/", ".sync_de16309fa93d.db"),
    ("anna", "http://old.cloud.test:18080", "/", ".sync_ee68b1894063.db"),
]


@pytest.mark.parametrize(("login", "url", "remote", "name"), JOURNALS)
def test_journal_names(login: str, url: str, remote: str, name: str) -> None:
    assert journal_name(login, url, remote) == name
    assert is_journal_name(name)


def test_a_journal_name_depends_on_what_the_client_shows() -> None:
    assert journal_name("a", "HTTP://LOCALHOST:8102", "/") == journal_name("a", "http://localhost:8102", "/")
    assert journal_name("a", "http://localhost:8102/", "/") != journal_name("a", "http://localhost:8102", "/")


URLS = [
    "https://old.example.org",
    "HTTPS://OLD.Example.org/NextCloud/",
    "https://xn--bcher-kva.example",
    "https://bücher.example/nc",
    "https://xn--mnchen-3ya.de:8443",
    "https://MÜNCHEN.de/nc",
    "https://straße.de",
    "https://xn--strae-oqa.coop",
    "https://bücher.xn--p1ai",
    "http://127.0.0.1:8080/",
    "https://host:443",
    "https://eva@host/s/token",
    "https://host?x=1",
]


@pytest.mark.parametrize("url", URLS)
def test_urls_are_shown_as_qt_shows_them(url: str) -> None:
    core = pytest.importorskip("PySide6.QtCore", reason=REASON, exc_type=ImportError)
    assert client_url(url) == core.QUrl(url).toString()


@pytest.mark.parametrize("url", ["", "no url", "https://", "https://xn--\xff"])
def test_what_is_no_url_does_no_harm(url: str) -> None:
    assert isinstance(client_url(url), str)


@pytest.mark.parametrize(
    "name",
    [
        "a (conflicted copy 2024-01-31 235959).txt",
        "a (conflicted copy Eva 2024-01-31 235959).txt",
        "a (Eva's conflicted copy 2024-01-31 235959)",
        "a_conflict-20240131-235959.txt",
        "a (case clash from eva).txt",
        "line\nbreak (conflicted copy 2024-01-31 235959)",
    ],
)
def test_conflict_names(name: str) -> None:
    assert is_conflict_name(name)
    assert is_conflict_name(name.encode())


@pytest.mark.parametrize("name", ["a.txt", "conflicted copy.txt", "a (copy).txt", "a_conflict.txt"])
def test_other_names_are_no_conflicts(name: str) -> None:
    assert not is_conflict_name(name)


@pytest.mark.parametrize(
    "name",
    [
        ".sync_0123456789ab.db",
        ".sync_0123456789ab.db-wal",
        "._sync_0123456789ab.db-shm",
        ".csync_journal.db",
        ".photo.jpg.~1a2b",
        "Desktop.ini",
        "desktop.ini",
        ".nextcloudsync.log",
        ".owncloudsync.log.1",
        ".sync-exclude.lst",
    ],
)
def test_the_clients_own_names(name: str) -> None:
    assert is_ignored_name(name)
    assert is_ignored_name(name.encode())


@pytest.mark.parametrize("name", ["a.db", ".hidden", "sync_0123456789ab.db", ".a.~xyz", "desktop.ini.txt", b"\xff\xfe"])
def test_other_names_are_synced(name: str | bytes) -> None:
    assert not is_ignored_name(name)


@pytest.mark.parametrize("name", ["", "../.sync_a.db", "/x/.sync_a.db", ".sync_a.db-wal", "a.db", ".sync_a.db\n"])
def test_what_is_no_journal_name(name: str) -> None:
    assert not is_journal_name(name)
