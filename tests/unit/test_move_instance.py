"""The proof that a URL is the server that the journals belong to."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.instance import prove_new, prove_old
from ansible_collections.smartde.nextcloud.plugins.module_utils.order import AccountMove, FolderMove, Order
from ansible_collections.smartde.nextcloud.plugins.module_utils.probe import instance_id, probe
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import StepError

ID, OTHER = "oclgbg67eqtf", "ocaaaaaaaaaa"


def order(*folder_ids: str) -> Order:
    account = AccountMove("0", "anna", "anna", "http://old", "http://new")
    folders = tuple(FolderMove("0", "Folders", str(n), "/x", ".sync_0.db", one) for n, one in enumerate(folder_ids))
    texts: dict[str, Any] = {"user": "anna", "config_path": "/c", "strategy": "move", "on_missing_session": "defer"}
    nothing: dict[str, Any] = {"new_config": b"", "edits": (), "secrets": (), "cookies": (), "digests": False}
    return Order(**texts, **nothing, resume=False, old_sha256="", new_sha256="", accounts=(account,), folders=folders)


def answers(new: tuple[str, str], old: tuple[str, str] = ("unreachable", "")) -> Any:
    table = {"http://new": new, "http://old": old}
    return lambda url: {"state": table[url][0], "instance": table[url][1], "detail": f"{url} {table[url][0]}"}


@pytest.mark.parametrize(
    ("folder_ids", "new", "old", "code"),
    [
        ([ID], ("ok", ID), ("unreachable", ""), ""),
        ([ID, "", ID], ("ok", ID), ("redirect", ""), ""),
        ([""], ("ok", ID), ("ok", ID), ""),
        ([], ("ok", ID), ("ok", ID), ""),
        ([ID], ("ok", OTHER), ("ok", ID), "other-instance"),
        ([ID, OTHER], ("ok", ID), ("ok", ID), "other-instance"),
        ([""], ("ok", ID), ("ok", OTHER), "other-instance"),
        ([""], ("ok", ID), ("unreachable", ""), "instance-unproven"),
        ([ID], ("ok", ""), ("ok", ID), "instance-unproven"),
        ([ID], ("redirect", ""), ("ok", ID), "new-redirects"),
        ([ID], ("unreachable", ""), ("ok", ID), "new-unreachable"),
        ([ID], ("maintenance", ""), ("ok", ID), "new-maintenance"),
        ([ID], ("not-nextcloud", ""), ("ok", ID), "new-not-nextcloud"),
    ],
)
def test_the_new_url(folder_ids: list[str], new: tuple[str, str], old: tuple[str, str], code: str) -> None:
    if not code:
        assert prove_new(order(*folder_ids), answers(new, old)) == ID
        return
    with pytest.raises(StepError) as caught:
        prove_new(order(*folder_ids), answers(new, old))
    assert (caught.value.code, caught.value.outcome) == (code, "refused")
    assert caught.value.do


@pytest.mark.parametrize(
    ("old", "code"),
    [
        (("ok", ID), ""),
        (("unreachable", ""), ""),
        (("maintenance", ""), ""),
        (("ok", OTHER), "other-instance"),
        (("redirect", ""), "old-redirects"),
    ],
)
def test_the_old_url_before_a_rollback(old: tuple[str, str], code: str) -> None:
    if not code:
        prove_old(order(ID), answers(("ok", ID), old))
        return
    with pytest.raises(StepError) as caught:
        prove_old(order(ID), answers(("ok", ID), old))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("cookies", "expected"),
    [
        ([f"{ID}=abc; path=/; HttpOnly"], ID),
        ([f"__Host-{ID}=abc", "nc_sameSiteCookielax=true"], ID),
        (["oc_sessionPassphrase=x", "__Host-nc_sameSiteCookiestrict=true", f"{ID}=1"], ID),
        (["oc_sessionPassphrase=x"], ""),
        (["ocTOOLONGTOBEIT=x", "ocshort=1", "OCLGBG67EQTF=1", ""], ""),
        ([], ""),
    ],
)
def test_the_name_of_the_cookie(cookies: list[str], expected: str) -> None:
    assert instance_id(cookies) == expected


STATUS = b'{"installed":true,"maintenance":false,"needsDbUpgrade":false,"version":"29.0.1.1"}'
PAGES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/good/status.php": (200, {"Set-Cookie": f"{ID}=1; path=/"}, STATUS),
    "/good/index.php/204": (204, {}, b""),
    "/moved/status.php": (301, {"Location": "http://elsewhere.invalid/status.php"}, b""),
    "/trap/status.php": (200, {"Set-Cookie": f"{ID}=1"}, STATUS),
    "/trap/index.php/204": (302, {"Location": "/login"}, b""),
    "/busy/status.php": (200, {}, STATUS.replace(b'maintenance":false', b'maintenance":true')),
    "/web/status.php": (200, {}, b"<html>"),
    "/list/status.php": (200, {}, b"[1]"),
    "/new/status.php": (200, {}, b'{"installed":false}'),
    "/gone/status.php": (503, {}, STATUS),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = PAGES.get(self.path, (404, {}, b""))
            assert "Cookie" not in self.headers
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "state", "instance"),
    [
        ("/good", "ok", ID),
        ("/good/", "ok", ID),
        ("/moved", "redirect", ""),
        ("/trap", "redirect", ""),
        ("/busy", "maintenance", ""),
        ("/web", "not-nextcloud", ""),
        ("/list", "not-nextcloud", ""),
        ("/new", "not-nextcloud", ""),
        ("/gone", "not-nextcloud", ""),
        ("/none", "not-nextcloud", ""),
    ],
)
def test_asking_a_server(server: str, path: str, state: str, instance: str) -> None:
    found = probe(server + path, {})
    assert (found["state"], found["instance"]) == (state, instance)
    assert state == "ok" or found["detail"]


def test_nobody_answers() -> None:
    assert probe("http://127.0.0.1:1", {})["state"] == "unreachable"
    assert probe("file:///etc/passwd", {})["state"] == "not-nextcloud"
