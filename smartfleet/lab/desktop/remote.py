"""The client's requests to a server: one keep-alive connection for each account."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import http.client
import json
import urllib.parse
import xml.etree.ElementTree as ET
from typing import Any

from smartfleet.lab.desktop.reconcile import RemoteEntry

TIMEOUT = 20.0
PROPERTIES = (
    '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><d:resourcetype/>'
    "<d:getlastmodified/><d:getcontentlength/><d:getetag/><oc:id/><oc:size/><oc:permissions/><oc:checksums/>"
    "</d:prop></d:propfind>"
)
DAV = "{DAV:}"
OC = "{http://owncloud.org/ns}"


class RemoteError(Exception):
    """The server refused a request (`status`), or could not be reached (`status` 0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Remote:
    """One account's server. `login` and `password` go into every request once `password` is set."""

    def __init__(self, url: str, user: str, login: str, agent: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host = parts.netloc
        self._prefix = parts.path.rstrip("/")
        connection = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = connection(parts.netloc, timeout=TIMEOUT)
        self._url = f"{parts.scheme}://{parts.netloc}"
        self._user = user
        self._login = login
        self._agent = agent
        self.password = ""

    def status(self) -> dict[str, Any]:
        return self._json("GET", "/status.php")

    def display_name(self) -> str:
        """The user's name as the server shows it; also proves that the password is right."""
        self.ocs("cloud/capabilities")
        return str(self.ocs("cloud/user")["display-name"])

    def ocs(self, path: str) -> dict[str, Any]:
        document = self._json("GET", f"/ocs/v1.php/{path}?format=json", headers={"OCS-APIRequest": "true"})
        data: dict[str, Any] = document["ocs"]["data"]
        return data

    def start_sign_in(self) -> tuple[str, str]:
        """Asks for login flow v2; returns the poll token and the page for the user's browser."""
        document = self._json("POST", "/index.php/login/v2")
        return document["poll"]["token"], document["login"]

    def poll_sign_in(self, token: str) -> tuple[str, str] | None:
        """Login name and app password once the user has agreed, else None."""
        try:
            document = self._json(
                "POST",
                "/index.php/login/v2/poll",
                body=urllib.parse.urlencode({"token": token}).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
        except RemoteError as error:
            if error.status == 404:
                return None
            raise
        return document["loginName"], document["appPassword"]

    def listing(self, path: str, depth: int) -> dict[str, RemoteEntry]:
        """PROPFIND: the entry at `path` and, with depth 1, those in it; keys are paths below the user's root."""
        _, body = self._request("PROPFIND", self._file(path), PROPERTIES.encode(), {"Depth": str(depth)})
        root = urllib.parse.unquote(self._file(""))
        entries = {}
        for response in ET.fromstring(body).iter(f"{DAV}response"):  # noqa: S314 - the lab's own server
            href = urllib.parse.unquote(response.findtext(f"{DAV}href", ""))
            entries[href[len(root) :].strip("/")] = _entry(response)
        return entries

    def get(self, path: str) -> bytes:
        return self._request("GET", self._file(path))[1]

    def put(self, path: str, content: bytes, mtime: int, etag: str) -> RemoteEntry:
        """Uploads a file; `etag` is what the client last saw, empty for a new file."""
        checksum = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        headers = {"OC-Checksum": f"SHA1:{checksum}", "X-OC-Mtime": str(mtime), "OC-Total-Length": str(len(content))}
        if etag:
            headers["If-Match"] = f'"{etag}"'
        answer, _ = self._request("PUT", self._file(path), content, headers)
        return RemoteEntry(
            folder=False,
            size=len(content),
            mtime=mtime,
            etag=(answer.getheader("OC-ETag") or "").strip('"'),
            fileid=answer.getheader("OC-FileId") or "",
            permissions="RGDNVW",
            checksum=checksum,
        )

    def make_folder(self, path: str) -> None:
        self._request("MKCOL", self._file(path))

    def delete(self, path: str) -> None:
        """Deletes; something that is gone already is fine."""
        try:
            self._request("DELETE", self._file(path))
        except RemoteError as error:
            if error.status != 404:
                raise

    def close(self) -> None:
        self._connection.close()

    def _file(self, path: str) -> str:
        return urllib.parse.quote(f"{self._prefix}/remote.php/dav/files/{self._user}/{path}")

    def _json(
        self, method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        _, content = self._request(method, self._prefix + path, body, headers)
        try:
            document: dict[str, Any] = json.loads(content)
        except ValueError as error:
            raise RemoteError(0, f"{self._url}{path} did not answer with JSON") from error
        return document

    def _request(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """RemoteError for any answer but 2xx: this client follows no redirects."""
        sent = {"User-Agent": self._agent, **(headers or {})}
        if self.password:
            sent["Authorization"] = "Basic " + base64.b64encode(f"{self._login}:{self.password}".encode()).decode()
        try:
            self._connection.request(method, target, body, sent)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise RemoteError(0, f"{self._url} does not answer: {error}") from error
        if not 200 <= response.status < 300:
            raise RemoteError(response.status, f"{method} {target} answered {response.status}")
        return response, content


def _entry(response: ET.Element) -> RemoteEntry:
    found = {name.tag: name for stat in response.iter(f"{DAV}propstat") if _is_ok(stat) for name in stat.iter()}
    folder = f"{DAV}collection" in found

    def text(tag: str) -> str:
        return (found[tag].text or "") if tag in found else ""

    modified = email.utils.parsedate_to_datetime(text(f"{DAV}getlastmodified"))
    checksum = text(f"{OC}checksum")
    return RemoteEntry(
        folder=folder,
        size=0 if folder else int(text(f"{DAV}getcontentlength") or 0),
        mtime=int(modified.timestamp()),
        etag=text(f"{DAV}getetag").strip('"'),
        fileid=text(f"{OC}id"),
        permissions=text(f"{OC}permissions"),
        checksum=checksum[5:] if checksum.startswith("SHA1:") else "",
    )


def _is_ok(propstat: ET.Element) -> bool:
    return " 200 " in propstat.findtext(f"{DAV}status", "")
