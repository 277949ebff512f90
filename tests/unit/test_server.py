from __future__ import annotations

import json

import httpx
import pytest

from smartfleet.errors import ServerError
from smartfleet.nextcloud.server import (
    ServerProbe,
    first_level_etags,
    instance_id,
    parse_etags,
    probe,
    same_instance,
)

STATUS = {"installed": True, "maintenance": False, "needsDbUpgrade": False, "versionstring": "29.0.1"}
COOKIES = [
    ("set-cookie", "oc_sessionPassphrase=x; path=/"),
    ("set-cookie", "oclgbg67eqtf=abc; path=/; HttpOnly"),
    ("set-cookie", "nc_sameSiteCookielax=true"),
]


def server(answers: dict[str, httpx.Response]) -> httpx.Client:
    return httpx.Client(
        transport=httpx.MockTransport(lambda request: answers.get(request.url.path, httpx.Response(404)))
    )


def ok(**changes: object) -> httpx.Response:
    return httpx.Response(200, headers=COOKIES, text=json.dumps({**STATUS, **changes}))


@pytest.mark.parametrize(
    ("cookies", "expected"),
    [
        ([], ""),
        (["oclgbg67eqtf=1"], "oclgbg67eqtf"),
        (["__Host-oclgbg67eqtf=1; secure"], "oclgbg67eqtf"),
        (["__Secure-oc1234567890=1"], "oc1234567890"),
        (["oc_sessionPassphrase=oclgbg67eqtf", "nc_sameSiteCookielax=true"], ""),
        (["oclgbg67eqtfx=1", "OCLGBG67EQTF=1", "xoclgbg67eqtf=1"], ""),
    ],
)
def test_the_instance_is_the_name_of_a_cookie(cookies: list[str], expected: str) -> None:
    assert instance_id(cookies) == expected


def test_probe_of_a_server_in_a_subfolder() -> None:
    answers = {"/cloud/status.php": ok(), "/cloud/index.php/204": httpx.Response(204)}
    found = probe(server(answers), "https://x.test/cloud/")
    assert (found.state, found.instance_id, found.version) == ("ok", "oclgbg67eqtf", "29.0.1")
    assert (found.url, found.installed, found.maintenance) == ("https://x.test/cloud", True, False)


@pytest.mark.parametrize("path", ["/status.php", "/index.php/204"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_found_and_not_followed(path: str, status: int) -> None:
    moved = httpx.Response(status, headers={"location": "https://new.test/"})
    answers = {"/status.php": ok(), "/index.php/204": httpx.Response(204)} | {path: moved}
    found = probe(server(answers), "https://old.test")
    assert (found.state, found.http_status, found.redirected_path) == ("redirect", status, path)
    assert found.redirect == "https://new.test/"


def test_maintenance_is_no_redirect_trap() -> None:
    found = probe(server({"/status.php": ok(maintenance=True)}), "https://x.test")
    assert (found.state, found.maintenance) == ("ok", True)


@pytest.mark.parametrize("text", ["<html>", "[]", '{"other": 1}', ""])
def test_another_web_site(text: str) -> None:
    assert probe(server({"/status.php": httpx.Response(200, text=text)}), "https://x.test").state == "not-nextcloud"


def test_no_answer() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    found = probe(httpx.Client(transport=httpx.MockTransport(refuse)), "https://x.test")
    assert (found.state, found.detail) == ("unreachable", "refused")


def test_a_session_from_an_earlier_answer_is_not_sent_back() -> None:
    sent: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("cookie"))
        return ok() if request.url.path == "/status.php" else httpx.Response(204)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    assert probe(client, "https://x.test").instance_id == probe(client, "https://x.test").instance_id != ""
    assert sent == [None] * 4


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("a", "a", True), ("a", "b", False), ("", "a", None), ("a", "", None), ("", "", None)],
)
def test_same_instance(*, one: str, other: str, expected: bool | None) -> None:
    probes = [ServerProbe(url="x", state="ok", instance_id=name) for name in (one, other)]
    assert same_instance(*probes) is expected


def multistatus(*entries: tuple[str, str]) -> bytes:
    body = "".join(
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop><d:getetag>{etag}</d:getetag></d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        for href, etag in entries
    )
    return f'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">{body}</d:multistatus>'.encode()


def test_first_level_of_a_folder() -> None:
    body = multistatus(
        ("/cloud/remote.php/dav/files/eva/B%C3%BCro/", "&quot;root&quot;"),
        ("/cloud/remote.php/dav/files/eva/B%C3%BCro/a%20b/", "&quot;e1&quot;"),
        ("https://x.test/cloud/remote.php/dav/files/eva/B%C3%BCro/c.txt", "W/&quot;e2&quot;"),
        ("/elsewhere/d", "&quot;e3&quot;"),
    )
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(207, content=body)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    assert first_level_etags(client, "https://x.test/cloud", "eva", "/Büro", ("eva", "secret")) == {
        "a b": "e1",
        "c.txt": "e2",
    }
    assert (seen[0].method, seen[0].headers["depth"]) == ("PROPFIND", "1")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "server/credentials"),
        (403, "server/credentials"),
        (404, "server/folder-missing"),
        (503, "server/dav-answer"),
    ],
)
def test_a_folder_that_is_not_shown(status: int, code: str) -> None:
    client = httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(status)))
    with pytest.raises(ServerError) as caught:
        first_level_etags(client, "https://x.test", "eva", "/", ("eva", "secret"))
    assert caught.value.code == code


@pytest.mark.parametrize("body", [b"", b"<html>", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_a_list_that_is_none(body: bytes) -> None:
    with pytest.raises(ServerError):
        parse_etags(body, "/remote.php/dav/files/eva/")
