"""The little of HTTP/1.1 that WS-Management clients use: requests with a length, connections that stay."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

MAX_HEAD = 65_536
MAX_BODY = 1 << 20
"""Twice the largest envelope: encrypted messages and what is refused with a fault fit in."""
IDLE_SECONDS = 120.0
"""How long a connection may be silent, as with Windows' http.sys."""


class BadRequest(Exception):  # noqa: N818 - the name of the status it becomes
    """Not HTTP, or more of it than this server takes: answered with `status`, then the connection ends."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True)
class HttpRequest:
    """`headers` by their lower-case name; `size` in bytes with headers."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    size: int


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """The next request; None when the client is done or silent for too long."""
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, headers = parse_head(head)
            length = body_length(headers)
            body = await reader.readexactly(length) if length else b""
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    return HttpRequest(method, path, headers, body, len(head) + length)


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, path without a query, and headers; BadRequest."""
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or parts[2] not in {"HTTP/1.1", "HTTP/1.0"}:
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    headers: dict[str, str] = {}
    for line in filter(None, lines):
        name, colon, value = line.partition(":")
        key = name.lower()
        if not colon or name != name.strip() or key in headers:
            raise BadRequest(HTTPStatus.BAD_REQUEST)
        headers[key] = value.strip()
    return parts[0], parts[1].partition("?")[0], headers


def body_length(headers: dict[str, str]) -> int:
    """What Content-Length says; BadRequest for other ways to send a body and for too much."""
    text = headers.get("content-length", "0")
    if "transfer-encoding" in headers:
        raise BadRequest(HTTPStatus.NOT_IMPLEMENTED)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    if int(text) > MAX_BODY:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(text)


def response(
    status: HTTPStatus, body: bytes = b"", *, content_type: str = "", challenges: list[str] | None = None
) -> bytes:
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", "Server: Microsoft-HTTPAPI/2.0"]
    lines += [f"Content-Type: {content_type}"] if content_type else []
    lines += [f"WWW-Authenticate: {challenge}" for challenge in challenges or []]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
