"""Questions to a Nextcloud server that need no client: who it is, and what its first level of a folder looks like.

`status.php` sets a session cookie whose name is the server's instance id (measured on 29.0.1), the id that ends every
file id in a client's journal. Two names that answer with the same id are one server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree as ET

import httpx

from smartfleet.errors import ServerError

INSTANCE_ID = re.compile(r"oc[0-9a-z]{10}")
ANSWER_LIMIT = 32 * 2**20
_DAV = "{DAV:}"
_PROPFIND = '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>'

ProbeState = Literal["ok", "unreachable", "redirect", "not-nextcloud"]


@dataclass(frozen=True)
class ServerProbe:
    """What a server name answers without credentials. `instance_id` is "" where it gave none."""

    url: str
    state: ProbeState
    detail: str = ""
    http_status: int = 0
    redirect: str = ""
    redirected_path: str = ""
    instance_id: str = ""
    version: str = ""
    installed: bool = False
    maintenance: bool = False
    needs_upgrade: bool = False


def probe(client: httpx.Client, url: str) -> ServerProbe:
    """Asks `status.php`, then the path that clients test for redirects. No redirect is followed, no cookie is sent."""
    base = url.rstrip("/")
    try:
        answer = _get(client, f"{base}/status.php")
        if answer.is_redirect:
            return _redirected(base, "/status.php", answer)
        found = _status(base, answer)
        if found.state != "ok" or found.maintenance:
            return found
        trap = _get(client, f"{base}/index.php/204")
    except httpx.HTTPError as error:
        return ServerProbe(url=base, state="unreachable", detail=str(error) or type(error).__name__)
    return _redirected(base, "/index.php/204", trap, found.instance_id) if trap.is_redirect else found


def same_instance(one: ServerProbe, other: ServerProbe) -> bool | None:
    """Whether both names lead to one server; None when one of them did not say who it is."""
    if not one.instance_id or not other.instance_id:
        return None
    return one.instance_id == other.instance_id


def instance_id(cookies: list[str]) -> str:
    """The instance id among ``Set-Cookie`` values; "" if there is none."""
    for cookie in cookies:
        name = re.sub(r"^__(?:Host|Secure)-", "", cookie.split("=", 1)[0].strip())
        if INSTANCE_ID.fullmatch(name):
            return name
    return ""


def first_level_etags(
    client: httpx.Client, url: str, user: str, target_path: str, auth: tuple[str, str]
) -> dict[str, str]:
    """Etags of the entries right below `target_path`, by their names; a folder's etag stands for all below it.

    `auth` is (login name, app password). ServerError when the server does not show the folder.
    """
    folder = f"/remote.php/dav/files/{quote(user)}/{quote(target_path.strip('/'))}".rstrip("/") + "/"
    base = url.rstrip("/")
    try:
        answer = client.request(
            "PROPFIND",
            base + folder,
            content=_PROPFIND,
            headers={"Depth": "1", "Content-Type": "application/xml"},
            auth=auth,
            follow_redirects=False,
        )
    except httpx.HTTPError as error:
        raise ServerError("server/unreachable", f"{base} did not answer: {error}", do="smartfleet doctor") from error
    if answer.status_code != 207:
        raise _no_listing(base, answer.status_code)
    return parse_etags(answer.content, urlsplit(base).path + folder)


def parse_etags(body: bytes, folder: str) -> dict[str, str]:
    """Names to etags from a multistatus answer about `folder` (its path on the server). ServerError if it is none."""
    if len(body) > ANSWER_LIMIT or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise ServerError("server/dav-answer", "the server's list of files is not one that Nextcloud would send")
    try:
        root = ET.fromstring(body)  # noqa: S314 - entities are refused above
    except ET.ParseError as error:
        raise ServerError("server/dav-answer", f"the server's list of files cannot be read: {error}") from error
    top = unquote(folder).rstrip("/") + "/"
    etags: dict[str, str] = {}
    for response in root.iter(f"{_DAV}response"):
        path = unquote(urlsplit(response.findtext(f"{_DAV}href") or "").path)
        etag = response.findtext(f"{_DAV}propstat/{_DAV}prop/{_DAV}getetag")
        if etag and path.startswith(top) and path.rstrip("/") != top.rstrip("/"):
            etags[path[len(top) :].rstrip("/")] = etag.removeprefix("W/").strip('"')
    return etags


def _get(client: httpx.Client, url: str) -> httpx.Response:
    request = client.build_request("GET", url)
    # a server that knows our session sets no cookie, and then does not say who it is
    request.headers.pop("Cookie", None)
    return client.send(request, follow_redirects=False)


def _status(base: str, answer: httpx.Response) -> ServerProbe:
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict) or "installed" not in told:
        detail = f"HTTP {answer.status_code}, no status of a Nextcloud server"
        return ServerProbe(base, "not-nextcloud", detail, answer.status_code)
    return ServerProbe(
        url=base,
        state="ok",
        http_status=answer.status_code,
        instance_id=instance_id(answer.headers.get_list("set-cookie")),
        version=str(told.get("versionstring") or told.get("version") or ""),
        installed=bool(told.get("installed")),
        maintenance=bool(told.get("maintenance")),
        needs_upgrade=bool(told.get("needsDbUpgrade")),
    )


def _redirected(base: str, path: str, answer: httpx.Response, found: str = "") -> ServerProbe:
    return ServerProbe(
        url=base,
        state="redirect",
        http_status=answer.status_code,
        redirect=answer.headers.get("location", ""),
        redirected_path=path,
        instance_id=found,
    )


def _no_listing(base: str, status: int) -> ServerError:
    if status in {401, 403}:
        return ServerError(
            "server/credentials",
            f"{base} does not accept the credentials (HTTP {status})",
            why="the server's list of files belongs to the user",
            do="give an app password of that user (Settings > Security)",
        )
    if status == 404:
        return ServerError("server/folder-missing", f"{base} has no such folder for this user")
    return ServerError("server/dav-answer", f"{base} answered HTTP {status} to a request for the list of files")
