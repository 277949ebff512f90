"""Listings of a server's folders over WebDAV, with the account's own secret. Runs inside the user's session.

No redirect is followed (the secret would go with it), answers have a limit, and their XML may declare nothing.
"""

from __future__ import annotations

import base64
import http.client
import urllib.error
import urllib.request
from typing import Any, BinaryIO, Dict, List, Mapping, NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit
from xml.parsers import expat

ANSWER_LIMIT = 64 * 1024 * 1024
CHUNK = 64 * 1024
TEXT_LIMIT = 64 * 1024
TIMEOUT = 30.0
_BODY = b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:getetag/><d:resourcetype/></d:prop></d:propfind>'
_SEPARATOR = " "


class DavError(Exception):
    """`code`: unreachable, redirect, signed-out, missing, refused, too-large, not-dav."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Remote(NamedTuple):
    """One entry of a listing; `etag` without quotes."""

    etag: str
    directory: bool


class Dav:
    """One account's files. `user` is the name in DAV paths, `login` the one to sign in with."""

    def __init__(self, url: str, user: str, login: str, password: bytes, proxies: Mapping[str, str]) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise DavError("unreachable", "the account's address is no web address")
        self._base = f"{url.rstrip('/')}/remote.php/dav/files/{quote(user, safe='')}"
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler(dict(proxies)))
        self._sign_in = "Basic " + base64.b64encode(login.encode() + b":" + password).decode()

    def children(self, path: bytes) -> Dict[bytes, Remote]:
        """What lies directly in the directory `path` (no slash at either end, empty for the root). DavError."""
        where = f"{self._base}/{quote(path)}" if path else f"{self._base}/"
        entries = self._propfind(where)
        here = _decoded(where)
        return {
            name.rpartition(b"/")[2]: entry
            for name, entry in ((_decoded(href), entry) for href, entry in entries)
            if name != here and name.rpartition(b"/")[0] == here
        }

    def _propfind(self, url: str) -> List[tuple[str, Remote]]:
        request = urllib.request.Request(url, data=_BODY, method="PROPFIND")  # noqa: S310 - scheme checked above
        for name, value in (("Depth", "1"), ("Content-Type", "application/xml"), ("Authorization", self._sign_in)):
            request.add_unredirected_header(name, value)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                if answer.status != 207:
                    raise DavError("not-dav", f"the server answers {answer.status} to a listing")
                return _parse(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            # the error of urllib may carry the request, and that the secret: only its words go on
            reason = str(getattr(error, "reason", None) or error)
            raise DavError("unreachable", f"the server does not answer: {reason}") from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer here, not a way to go."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        return None


def _refusal(status: int) -> DavError:
    if 300 <= status < 400:
        return DavError("redirect", "the server redirects")
    if status == 401:
        return DavError("signed-out", "the server does not take the secret any more")
    if status == 404:
        return DavError("missing", "the server has no such folder")
    return DavError("refused", f"the server answers {status} to a listing")


def _decoded(address: str) -> bytes:
    """The path of a URL or an href as bytes, without a slash at its end."""
    return unquote_to_bytes(urlsplit(address).path).rstrip(b"/")


def _parse(answer: BinaryIO) -> List[tuple[str, Remote]]:
    reader = _Reader()
    left = ANSWER_LIMIT
    try:
        while True:
            data = answer.read(CHUNK)
            left -= len(data)
            if left < 0:
                raise DavError("too-large", "the server's listing has no end")
            reader.feed(data, last=not data)
            if not data:
                return reader.entries
    except expat.ExpatError as error:
        raise DavError("not-dav", f"the server's listing is no XML: {error}") from None


class _Reader:
    """Takes href, getetag and resourcetype out of a multistatus as it comes in. Nothing else is kept."""

    def __init__(self) -> None:
        self.entries: List[tuple[str, Remote]] = []
        self._path: List[str] = []
        self._text: List[str] = []
        self._size = 0
        self._found: Dict[str, str] = {}
        self._directory = False
        self._parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        # entities can only be declared in a document type: without one there is nothing to expand
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, data: bytes, *, last: bool) -> None:
        self._parser.Parse(data, last)

    def _doctype(self, *_args: Any) -> None:  # noqa: ANN401 - expat's own
        raise DavError("not-dav", "the server's listing declares a document type")

    def _start(self, name: str, _attributes: Dict[str, str]) -> None:
        self._path.append(name)
        self._text, self._size = [], 0
        if len(self._path) > 20:
            raise DavError("not-dav", "the server's listing is nested too deep")
        if name == "DAV: response":
            self._found, self._directory = {}, False
        elif name == "DAV: collection":
            self._directory = True

    def _characters(self, text: str) -> None:
        self._size += len(text)
        if self._size > TEXT_LIMIT:
            raise DavError("too-large", "a value in the server's listing has no end")
        self._text.append(text)

    def _end(self, name: str) -> None:
        self._path.pop()
        if name in ("DAV: href", "DAV: getetag"):
            self._found.setdefault(name, "".join(self._text).strip())
        elif name == "DAV: response":
            etag = self._found.get("DAV: getetag", "")
            self.entries.append((self._found.get("DAV: href", ""), Remote(_bare(etag), self._directory)))


def _bare(etag: str) -> str:
    return etag[2:].strip('"') if etag.startswith("W/") else etag.strip('"')
