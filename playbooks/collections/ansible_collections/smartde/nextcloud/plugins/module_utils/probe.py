"""Ask a server name who it is, from this host and without credentials. Runs as the user, in the dropped child.

``status.php`` sets a session cookie whose NAME is the server's instance id, which also ends every file id in a
client's journal (measured on Nextcloud 29). A client that is started on another instance deletes local files.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.error
import urllib.request
from typing import Any, Mapping
from urllib.parse import urlsplit

INSTANCE_ID = re.compile(r"oc[0-9a-z]{10}")
PREFIX = re.compile(r"^__(?:Host|Secure)-")
ANSWER_LIMIT = 64 * 1024
TIMEOUT = 10.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer here, not a way to go."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        return None


def probe(url: str, env: Mapping[str, str]) -> dict[str, str]:
    """What the server of this name says of itself; `env` is the user's session, which may name a proxy.

    `state` (ok, redirect, unreachable, not-nextcloud, maintenance), `instance` ("" if it was not told), `detail`.

    Also the path that clients test for redirects is asked. No cookie is sent: a server that knows a session sets none.
    """
    os.environ.update({name: value for name, value in env.items() if name.lower().endswith("_proxy")})
    base = url.rstrip("/")
    if urlsplit(base).scheme not in ("http", "https"):
        return _answer("not-nextcloud", f"{base} is no web address")
    try:
        status, headers, body = _get(f"{base}/status.php")
        if 300 <= status < 400:
            return _answer("redirect", f"{base} redirects to {headers.get('Location', 'somewhere else')}")
        found = _judge(base, status, headers, body)
        if found["state"] != "ok":
            return found
        status, headers, _body = _get(f"{base}/index.php/204")
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return _answer("unreachable", f"{base} does not answer: {reason}")
    if 300 <= status < 400:
        return _answer("redirect", f"{base}/index.php/204 redirects to {headers.get('Location', 'somewhere else')}")
    return found


def instance_id(cookies: list[str]) -> str:
    """The instance id among ``Set-Cookie`` values; "" if there is none."""
    names = [PREFIX.sub("", cookie.split("=", 1)[0].strip()) for cookie in cookies]
    return next((name for name in names if INSTANCE_ID.fullmatch(name)), "")


def _get(url: str) -> tuple[int, Any, bytes]:
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(urllib.request.Request(url), timeout=TIMEOUT) as answer:  # noqa: S310 - scheme checked above
            return answer.status, answer.headers, answer.read(ANSWER_LIMIT)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read(ANSWER_LIMIT)


def _judge(base: str, status: int, headers: Any, body: bytes) -> dict[str, str]:  # noqa: ANN401 - http.client's type
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if status != 200 or not isinstance(told, dict) or not told.get("installed"):
        return _answer("not-nextcloud", f"{base}/status.php answers {status}, not as a Nextcloud server does")
    if told.get("maintenance") or told.get("needsDbUpgrade"):
        return _answer("maintenance", f"{base} is in maintenance")
    return _answer("ok", "", instance_id(headers.get_all("Set-Cookie") or []))


def _answer(state: str, detail: str, instance: str = "") -> dict[str, str]:
    return {"state": state, "instance": instance, "detail": detail}
