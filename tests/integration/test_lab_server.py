"""The lab's server, asked as clients ask. What the real desktop client needs of it is in tests/live."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from smartfleet.errors import LabError
from smartfleet.lab.server.cloud import Cloud, Redirect
from smartfleet.lab.server.running import LabServer
from smartfleet.nextcloud.server import probe, same_instance

pytestmark = pytest.mark.once

FILES = "/remote.php/dav/files/anna"
UPLOAD = "/remote.php/dav/uploads/anna/t1"
PROPFIND = (
    '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><d:getetag/><oc:id/><oc:checksums/>'
    "<oc:nosuch/></d:prop></d:propfind>"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    with LabServer(tmp_path_factory.mktemp("server")) as running:
        running.call(lambda cloud: cloud.add_user("anna", login="anna@example.org"))
        yield running


@pytest.fixture
def client(server: LabServer) -> Iterator[httpx.Client]:
    password = server.call(lambda cloud: cloud.add_app_password("anna"))
    with httpx.Client(base_url=server.old_url, auth=("anna@example.org", password)) as made:
        yield made


def test_both_names_are_one_instance_and_a_second_server_is_not(server: LabServer, tmp_path: Path) -> None:
    with httpx.Client() as client, LabServer(tmp_path) as other:
        old, new = probe(client, server.old_url), probe(client, server.new_url)
        assert same_instance(old, new) is True
        assert same_instance(old, probe(client, other.new_url)) is False


def test_a_name_that_nobody_trusts_is_refused(server: LabServer) -> None:
    answer = httpx.get(f"{server.new_url}/status.php", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_an_upload_is_there_for_everybody(client: httpx.Client, server: LabServer) -> None:
    digest = hashlib.sha1(b"hello", usedforsecurity=False).hexdigest()
    answer = client.put(
        f"{FILES}/é &.txt", content=b"hello", headers={"OC-Checksum": f"SHA1:{digest}", "X-OC-Mtime": "77"}
    )
    assert answer.status_code == 201
    assert answer.headers["X-OC-MTime"] == "accepted"
    listed = ET.fromstring(client.request("PROPFIND", f"{FILES}/é &.txt", content=PROPFIND).content)  # noqa: S314 - our own server
    assert listed.findtext(".//{DAV:}getetag") == answer.headers["ETag"]
    assert listed.findtext(".//{http://owncloud.org/ns}id") == answer.headers["OC-FileId"]
    assert listed.findtext(".//{http://owncloud.org/ns}checksum") == f"SHA1:{digest}"
    assert answer.headers["OC-FileId"].endswith(server.cloud.instance)
    assert [stat.text for stat in listed.iter("{DAV:}status")] == ["HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"]


def test_a_damaged_upload_is_refused(client: httpx.Client) -> None:
    answer = client.put(f"{FILES}/damaged", content=b"hello", headers={"OC-Checksum": f"SHA1:{'0' * 40}"})
    assert answer.status_code == 400
    assert client.get(f"{FILES}/damaged").status_code == 404


def test_chunks_become_one_file(client: httpx.Client) -> None:
    assert client.request("MKCOL", UPLOAD).status_code == 201
    for number, chunk in ((2, b"c"), (10, b"d"), (1, b"ab")):
        assert client.put(f"{UPLOAD}/{number}", content=chunk).status_code == 201
    assert client.request("PROPFIND", UPLOAD).text.count("getcontentlength>") == 6
    moved = client.request("MOVE", f"{UPLOAD}/.file", headers={"Destination": f"{FILES}/big", "OC-Total-Length": "4"})
    assert moved.status_code == 201
    assert client.get(f"{FILES}/big").content == b"abcd"
    assert client.get(f"{FILES}/big", headers={"Range": "bytes=2-"}).content == b"cd"


def test_a_wrong_password_and_a_revoked_one(client: httpx.Client, server: LabServer) -> None:
    assert httpx.get(f"{server.old_url}{FILES}/x", auth=("anna", "wrong")).status_code == 401
    assert client.get("/ocs/v1.php/cloud/user").json()["ocs"]["meta"]["statuscode"] == 100
    assert client.delete("/ocs/v2.php/core/apppassword").status_code == 200
    assert client.get("/ocs/v1.php/cloud/user").status_code == 401


def test_login_flow(server: LabServer) -> None:
    with httpx.Client(base_url=server.new_url) as browserless:
        flow = browserless.post("/index.php/login/v2").json()
        token = {"token": flow["poll"]["token"]}
        assert flow["poll"]["endpoint"].startswith(server.new_url)
        assert browserless.post(flow["poll"]["endpoint"], data=token).status_code == 404
        server.call(grant_all)
        granted = browserless.post(flow["poll"]["endpoint"], data=token).json()
        assert granted["server"] == server.new_url
        assert browserless.post(flow["poll"]["endpoint"], data=token).status_code == 404
        assert (
            httpx.get(f"{server.new_url}{FILES}/", auth=(granted["loginName"], granted["appPassword"])).status_code
            == 405
        )


def grant_all(cloud: Cloud) -> None:
    for waiting in cloud.sign_ins:
        cloud.grant(waiting, "anna")


def test_redirect_and_maintenance_on_demand(server: LabServer) -> None:
    name = f"localhost:{server.port}"
    server.call(lambda cloud: cloud.redirects.update({name: Redirect(301, server.new_url)}))
    answer = httpx.get(f"{server.old_url}/status.php?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"{server.new_url}/status.php?x=1")
    server.call(lambda cloud: cloud.redirects.clear())

    def switch(cloud: Cloud, *, on: bool) -> None:
        cloud.maintenance = on

    server.call(lambda cloud: switch(cloud, on=True))
    assert httpx.get(f"{server.new_url}/status.php").json()["maintenance"] is True
    assert httpx.get(f"{server.new_url}{FILES}/").status_code == 503
    server.call(lambda cloud: switch(cloud, on=False))


def test_the_log_tells_who_asked_what(client: httpx.Client, server: LabServer) -> None:
    client.put(f"{FILES}/logged", content=b"12345", headers={"User-Agent": "mirall"})
    last = server.requests()[-1]
    assert (last.method, last.path, last.user, last.agent, last.received) == (
        "PUT",
        f"{FILES}/logged",
        "anna",
        "mirall",
        5,
    )
    assert last.host == f"localhost:{server.port}"
    assert last.is_file_transfer


def test_a_taken_port_is_a_clear_error(server: LabServer, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot listen"), LabServer(tmp_path, port=server.port):
        pass
