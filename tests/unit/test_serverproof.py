"""Journal against server: equal etags prove whole folders, unequal ones are looked into, within a budget."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import dav
from ansible_collections.smartde.nextcloud.plugins.module_utils.compare import Tally
from ansible_collections.smartde.nextcloud.plugins.module_utils.dav import DavError, Remote
from ansible_collections.smartde.nextcloud.plugins.module_utils.journal import Row
from ansible_collections.smartde.nextcloud.plugins.module_utils.serverproof import Proof

from smartfleet.model.results import Comparison


def row(path: bytes, etag: str, type_: int = 0, *, e2ee: bool = False) -> Row:
    return Row(path, type_, 1, 1, etag, "00000001ocabc", "", "", e2ee)


JOURNAL = [
    row(b"top.txt", "t"),
    row(b"same", "s", 2),
    row(b"same/one", "1"),
    row(b"same/deep", "d", 2),
    row(b"same/deep/two", "2"),
    row(b"other", "old", 2),
    row(b"other/three", "3"),
    row(b"other/four", "4"),
    row(b"other/away.txt.nextcloud", "5", 4),
]
SERVER = {
    b"": {
        b"top.txt": Remote("t", directory=False),
        b"same": Remote("s", directory=True),
        b"other": Remote("new", directory=True),
    },
    b"other": {
        b"three": Remote("3", directory=False),
        b"four": Remote("changed", directory=False),
        b"away.txt": Remote("5", directory=False),
    },
}


def prove(
    journal: list[Row],
    server: dict[bytes, dict[bytes, Remote]],
    budget: int = 100,
    left_out: Callable[[bytes], bool] = lambda _path: False,
) -> tuple[Comparison, list[bytes]]:
    asked: list[bytes] = []
    tally = Tally(10)

    def listing(path: bytes) -> dict[bytes, Remote]:
        asked.append(path)
        if path not in server:
            raise DavError("missing", "the server has no such folder")
        return server[path]

    Proof(lambda: journal, listing, left_out, tally, budget).run()
    return Comparison.model_validate(tally.result()), asked


def test_equal_folders_are_not_entered_and_count_all_they_hold() -> None:
    found, asked = prove(JOURNAL, SERVER)
    assert asked == [b"", b"other"]
    assert (found.same, found.unproven) == (5, 1)
    assert [(example.path, example.kind) for example in found.examples] == [("other/four", "server")]


def test_without_budget_the_rest_is_unproven() -> None:
    found, asked = prove(JOURNAL, SERVER, budget=1)
    assert asked == [b""]
    assert (found.same, found.unproven) == (3, 3)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({b"top.txt": None}, "in the journal, and not on the server"),
        ({b"top.txt": Remote("t", directory=True)}, "a folder on one side, a file on the other"),
        ({b"new": Remote("n", directory=False)}, "on the server, and not in the journal"),
        ({b"top.txt": Remote("t2", directory=False)}, "the server has another version than the journal"),
    ],
)
def test_differences(change: dict[bytes, Remote | None], detail: str) -> None:
    top = {name: entry for name, entry in {**SERVER[b""], **change}.items() if entry is not None}
    found, _asked = prove(JOURNAL, {**SERVER, b"": top})
    assert detail in [example.detail for example in found.examples]


def test_a_folder_that_is_not_on_the_server_counts_all_it_holds() -> None:
    top = {name: entry for name, entry in SERVER[b""].items() if name != b"same"}
    found, _asked = prove(JOURNAL, {**SERVER, b"": top})
    assert (found.same, found.unproven) == (3, 3)


def test_what_the_client_does_not_take_is_no_difference() -> None:
    top = {**SERVER[b""], b"unsynced": Remote("u", directory=True)}
    found, _asked = prove(JOURNAL, {**SERVER, b"": top}, left_out=lambda path: path == b"unsynced")
    assert found.unproven == 1


def test_an_encrypted_folder_that_differs_is_not_entered() -> None:
    journal = [row(b"safe", "old", 2, e2ee=True), row(b"safe/plain name", "x", e2ee=True)]
    found, asked = prove(journal, {b"": {b"safe": Remote("new", directory=True)}})
    assert (asked, found.unproven) == ([b""], 1)


def test_a_root_that_cannot_be_listed_is_an_error() -> None:
    with pytest.raises(DavError):
        prove(JOURNAL, {})


XML = """<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">
<d:response><d:href>/nc/remote.php/dav/files/anna/</d:href><d:propstat><d:prop><d:getetag>"r"</d:getetag>
<d:resourcetype><d:collection/></d:resourcetype></d:prop></d:propstat></d:response>
<d:response><d:href>https://host/nc/remote.php/dav/files/anna/a%20b%0A/</d:href><d:propstat><d:prop>
<d:getetag>&quot;x&quot;</d:getetag><d:resourcetype><d:collection/></d:resourcetype></d:prop></d:propstat></d:response>
<d:response><d:href>/nc/remote.php/dav/files/anna/f%C3%BC</d:href><d:propstat><d:prop><d:getetag>W/"y"</d:getetag>
<d:resourcetype/></d:prop></d:propstat></d:response>
</d:multistatus>"""


def test_a_listing_as_a_server_writes_it() -> None:
    found = {dav._decoded(href): entry for href, entry in dav._parse(io.BytesIO(XML.encode()))}
    assert found[b"/nc/remote.php/dav/files/anna/a b\n"] == Remote("x", directory=True)
    assert found["/nc/remote.php/dav/files/anna/fü".encode()] == Remote("y", directory=False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<html>", "not-dav"),
        ("", "not-dav"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>', "not-dav"),
        ('<!DOCTYPE x SYSTEM "http://elsewhere/"><x/>', "not-dav"),
        ("<a>" * 40, "not-dav"),
        (f'<d:href xmlns:d="DAV:">{"x" * 100_000}</d:href>', "too-large"),
    ],
)
def test_hostile_listings_are_refused(text: str, code: str) -> None:
    with pytest.raises(DavError) as caught:
        dav._parse(io.BytesIO(text.encode()))
    assert caught.value.code == code


def test_an_endless_listing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dav, "ANSWER_LIMIT", 1000)
    with pytest.raises(DavError) as caught:
        dav._parse(io.BytesIO(b"<x>" + b"<y/>" * 100_000 + b"</x>"))
    assert caught.value.code == "too-large"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host", "", "host"])
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(DavError):
        dav.Dav(url, "anna", "anna", b"secret", {})
