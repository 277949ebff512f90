"""Listings over HTTP from servers that mean no good: the secret goes nowhere else, and no answer is without an end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.dav import Dav, DavError, Remote

LISTING = (
    b'<d:multistatus xmlns:d="DAV:">'
    b"<d:response><d:href>/cloud/remote.php/dav/files/anna%20m/a%20b/</d:href></d:response>"
    b"<d:response><d:href>/cloud/remote.php/dav/files/anna%20m/a%20b/%FF.txt</d:href><d:propstat><d:prop>"
    b'<d:getetag>"e"</d:getetag></d:prop></d:propstat></d:response></d:multistatus>'
)


class _Server(ThreadingHTTPServer):
    """Answers every PROPFIND in one way and remembers what it was asked."""

    def __init__(self, status: int, body: bytes = b"", location: str = "") -> None:
        self.status, self.body, self.location = status, body, location
        self.asked: list[tuple[str, str, str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/cloud"


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.asked.append((self.path, self.headers.get("Depth", ""), self.headers.get("Authorization", "")))
        self.send_response(server.status)
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    do_PROPFIND = do_GET = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_args: object) -> None:
        """Nothing on the terminal of a test."""


@pytest.fixture
def servers() -> Iterator[list[_Server]]:
    running: list[_Server] = []
    yield running
    for server in running:
        server.shutdown()
        server.server_close()


def _serve(running: list[_Server], status: int, body: bytes = b"", location: str = "") -> _Server:
    server = _Server(status, body, location)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    running.append(server)
    return server


def _dav(url: str) -> Dav:
    return Dav(url, "anna m", "anna", b"s3cret", {})


def test_a_folder_is_listed_one_level_deep(servers: list[_Server]) -> None:
    server = _serve(servers, 207, LISTING)
    assert _dav(server.url).children(b"a b") == {b"\xff.txt": Remote("e", directory=False)}
    ((path, depth, sign_in),) = server.asked
    assert (path, depth) == ("/cloud/remote.php/dav/files/anna%20m/a%20b", "1")
    assert sign_in.startswith("Basic ")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_secret_does_not_follow_a_redirect(servers: list[_Server], status: int) -> None:
    elsewhere = _serve(servers, 207, LISTING)
    server = _serve(servers, status, location=elsewhere.url + "/x")
    with pytest.raises(DavError) as caught:
        _dav(server.url).children(b"")
    assert caught.value.code == "redirect"
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("status", "code"), [(401, "signed-out"), (404, "missing"), (403, "refused"), (503, "refused"), (200, "not-dav")]
)
def test_refusals_have_a_code_and_no_secret(servers: list[_Server], status: int, code: str) -> None:
    server = _serve(servers, status)
    with pytest.raises(DavError) as caught:
        _dav(server.url).children(b"")
    assert caught.value.code == code
    assert "s3cret" not in str(caught.value)


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(DavError) as caught:
        _dav("http://127.0.0.1:9").children(b"")
    assert caught.value.code == "unreachable"
