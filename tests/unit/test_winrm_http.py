"""HTTP of the emulated endpoint: requests of real clients, and everything else."""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.lab.winrm.http import MAX_BODY, MAX_HEAD, BadRequest, HttpRequest, read_request, response


def read(data: bytes) -> HttpRequest | None:
    async def run() -> HttpRequest | None:
        reader = asyncio.StreamReader(limit=MAX_HEAD)
        reader.feed_data(data)
        reader.feed_eof()
        return await read_request(reader)

    return asyncio.run(run())


def test_a_request_is_read() -> None:
    data = b"POST /wsman?PSVersion=5.1 HTTP/1.1\r\nAUTHORIZATION:  Basic eA== \r\nContent-Length: 2\r\n\r\nabrest"
    request = read(data)
    assert request is not None
    assert (request.method, request.path, request.body) == ("POST", "/wsman", b"ab")
    assert request.headers["authorization"] == "Basic eA=="
    assert request.size == len(data) - len(b"rest")


@pytest.mark.parametrize("data", [b"", b"POST /wsman HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"])
def test_a_client_that_goes_away_is_no_error(data: bytes) -> None:
    assert read(data) is None


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", 400),
        (b"POST", 400),
        (b"POST /wsman", 400),
        (b"POST /wsman SMTP/1.1", 400),
        (b"POST / x HTTP/1.1", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400),
        (b"POST /wsman HTTP/1.1\r\nno colon", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length : 5", 400),
        (b"POST /wsman HTTP/1.1\r\n folded: 5", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: -1", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 1e3", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: \xb2", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 99999999999999999999", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: %d" % (MAX_BODY + 1), 413),
        (b"POST /wsman HTTP/1.1\r\nTransfer-Encoding: chunked", 501),
        (b"POST /wsman HTTP/1.1\r\nX: " + b"x" * MAX_HEAD, 431),
    ],
)
def test_what_is_no_request_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(BadRequest) as caught:
        read(head + b"\r\n\r\n")
    assert caught.value.status == status


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    with contextlib.suppress(BadRequest):
        read(data + b"\r\n\r\n")


def test_an_answer_says_how_to_sign_in() -> None:
    written = response(HTTPStatus.UNAUTHORIZED, challenges=["Negotiate", 'Basic realm="WSMAN"'])
    assert written == (
        b"HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: Negotiate\r\n"
        b'WWW-Authenticate: Basic realm="WSMAN"\r\nContent-Length: 0\r\n\r\n'
    )
