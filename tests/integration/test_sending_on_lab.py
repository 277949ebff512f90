"""A fleet that tells what becomes of it: real runs over SSH, to a webhook and a mailbox over TLS."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from standardwebhooks import Webhook

from smartfleet.cli.main import main
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.winrm.ca import LabCa
from smartfleet.store import Store
from tests.integration.synced import synced
from tests.unit.receivers import mail_server, webhook

pytestmark = pytest.mark.once

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def call(fleet: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--fleet", str(fleet)])
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture
def person(lab: Lab, host: LabHost) -> str:
    """Signed in to the old name and synced, the client running."""
    return synced(lab, host, f"quill-{host.name}", files=2).name


def settle(fleet: Path, **sending: Any) -> None:
    file = fleet / "smartfleet.yml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text("utf-8")), "sending": sending}), "utf-8")


def test_from_the_audit_to_the_report(
    fleet: Path, host: LabHost, person: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = LabCa(tmp_path / "ca")
    monkeypatch.setenv("SSL_CERT_FILE", str(ca.certificate))
    monkeypatch.setenv("DESK_SECRET", SECRET)
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2")
    context = ca.tls(ca.server("receiver", ["127.0.0.1"]))
    with webhook(context) as received, mail_server(context, login=True) as box:
        desk = {"url": received.url, "secret_from": "DESK_SECRET", "after": ["audit", "apply", "verify", "rollback"]}
        mails = {
            "server": "127.0.0.1", "port": box.port, "sender": "a@example.org", "to": ["b@example.org"],
            "user": "fleet", "password_from": "MAIL_PASSWORD", "after": ["report"], "attach": ["html", "xlsx", "json"],
            "redact": True, "language": "de",
        }  # fmt: skip
        settle(fleet, webhooks={"desk": desk}, mails={"auditors": mails})
        assert call(fleet, "audit") == 0
        assert call(fleet, "apply", "--yes") == 0
        received.answers = [503, 204]
        assert call(fleet, "verify") == 0
        store = Store.of_fleet(fleet / ".smartfleet", "")
        assert [(entry.kind, entry.state) for entry in store.outbox()][-1] == ("verify", "waiting")
        assert call(fleet, "outbox", "send") == 0
        call(fleet, "report", "--send")
        assert {entry.state for entry in store.outbox()} == {"sent"}
        store.close()
    told = [Webhook(SECRET).verify(body.decode(), headers)["data"]["news"] for headers, body in received.requests]
    assert [(news["verb"], news["state"], news["hosts"]) for news in told] == [
        ("audit", "done", 1), ("apply", "done", 1), ("verify", "done", 1), ("verify", "done", 1),
    ]  # fmt: skip
    assert told[1]["outcomes"] == {"moved": 1}
    assert told[2]["verdicts"] == {"match": 1}
    ids = [headers["webhook-id"] for headers, _ in received.requests]
    assert (len(set(ids)), ids[2]) == (3, ids[3])

    ((to, mail),) = box.mails
    assert to == ["b@example.org"]
    files = {part.get_content_subtype(): bytes(part.get_payload(decode=True)) for part in mail.iter_attachments()}
    assert len(files) == 3
    report = json.loads(files["json"])
    assert (report["redacted"], [row["host"] for row in report["profiles"]]) == (True, [host.name])
    assert not [data for data in (bytes(mail), *files.values()) if person.encode() in data]


def test_a_host_that_is_off_is_told_and_the_exit_code_is_the_runs(
    fleet: Path, host: LabHost, person: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody takes the message: that is said, and changes nothing."""
    assert person
    monkeypatch.setenv("DESK_SECRET", SECRET)
    with webhook() as received:
        received.answers = [500]
        settle(fleet, webhooks={"desk": {"url": received.url, "secret_from": "DESK_SECRET", "after": ["audit"]}})
        host.set_listening(on=False)
        code = call(fleet, "audit")
    assert code == 6
    assert "not sent to desk: the webhook answered 500" in capsys.readouterr().err
    ((_, body),) = received.requests
    assert json.loads(body)["data"]["news"]["outcomes"] == {"waiting-online": 1}
