"""From the end of a run, and from `report --send`, to webhook and mailbox; what stays is shown and sent later."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml
from standardwebhooks import Webhook

from smartfleet.cli.main import main
from smartfleet.cli.sending import queue_run, send_due, send_report, sending_after
from smartfleet.fleet import Fleet, load_fleet
from smartfleet.fleet.example import write_example
from smartfleet.fleet.sending import Attachment
from smartfleet.model.report import ReportData
from smartfleet.model.results import Outcome, Verdict
from smartfleet.model.sending import OutboxDocument, OutboxEntry
from smartfleet.report import terminal
from smartfleet.report.writers import FORMS
from smartfleet.store import Store
from tests.ports import free_port
from tests.unit.builders import NEW, OLD
from tests.unit.receivers import Mailbox, Received, mail_server, webhook
from tests.unit.screens import EVIL, shown
from tests.unit.test_redact import data_with

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SECRET = "whsec_" + base64.b64encode(b"planted-0123456789abcdef-planted").decode()
PASSWORD = "hunter2"


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    monkeypatch.setenv("DESK_SECRET", SECRET)
    with webhook() as running:
        yield running


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as running:
        yield running


def fleet_with(folder: Path, **sending: Any) -> Fleet:
    if not (folder / "smartfleet.yml").exists():
        write_example(folder, [OLD], NEW)
    file = folder / "smartfleet.yml"
    settings = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump({**settings, "sending": sending}), "utf-8")
    return load_fleet(folder)


def test_every_form_can_be_attached() -> None:
    assert set(get_args(Attachment)) == set(FORMS)


def desk(url: str, **more: Any) -> dict[str, Any]:
    return {"desk": {"url": url, "secret_from": "DESK_SECRET", **more}}


def audit(port: int, **more: Any) -> dict[str, Any]:
    base = {"server": "127.0.0.1", "port": port, "tls": "none", "sender": "a@example.org", "to": ["b@example.org"]}
    return {"audit": {**base, **more}}


def store_of(fleet: Fleet) -> Store:
    return Store.of_fleet(fleet.state, fleet.config.store)


def a_run(store: Store, verb: str = "apply", state: str = "done", *outcomes: str, drift: bool = False) -> str:
    run = store.begin(verb, 2)
    told = [
        Outcome(host=f"pc-{number}", user="Quill", config_path="/home/Quill/nextcloud.cfg", outcome=name, code="a-code")
        for number, name in enumerate(outcomes)
    ]
    store.add_outcomes(run, told)
    if drift:
        verdict = Verdict(
            host="pc-9", user="Quill", config_path="/home/Quill/nextcloud.cfg", account="0", alias="1",
            local_path="/home/Quill/Nextcloud", level="journal", verdict="drift", reason="Quill.odt is gone",
        )  # fmt: skip
        store.add_verdicts(run, [verdict])
    store.finish(run, state)
    return run


def no_report() -> ReportData:
    raise AssertionError("nobody asked for a report")


def told(received: Received) -> list[Any]:
    return [Webhook(SECRET).verify(body.decode(), headers)["data"] for headers, body in received.requests]


def call(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


def test_the_end_of_a_run_is_told_as_the_target_wants_it(tmp_path: Path, received: Received, box: Mailbox) -> None:
    fleet = fleet_with(
        tmp_path,
        webhooks=desk(received.url),
        mails=audit(box.port, after=["verify"], language="de", attach=["csv", "json"], redact=True),
    )
    store = store_of(fleet)
    applied = a_run(store, "apply", "done", "moved", "failed")
    verified = a_run(store, "verify", "done", drift=True)
    for run in (applied, verified, a_run(store, "audit"), "no-such-run"):
        queue_run(fleet, store, run, lambda: data_with("Quill"))
    send_due(fleet, store)
    (news,) = [data["news"] for data in told(received)]
    assert (news["run"], news["verb"], news["state"], news["outcomes"]) == (
        applied, "apply", "done", {"failed": 1, "moved": 1},
    )  # fmt: skip
    assert news["troubles"] == [{"host": "pc-1", "trouble": "failed", "code": "a-code"}]
    assert news["next"] == "smartfleet verify --limit pc-0"
    ((_to, mail),) = box.mails
    assert mail["subject"] == f"[smartfleet] {tmp_path.name}: Nachprüfung beendet, 1 Rechner ansehen"
    files = {part.get_content_subtype(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert files.keys() == {"csv", "json"}
    assert json.loads(bytes(files["json"]))["redacted"] is True
    assert not [data for data in (*files.values(), bytes(mail)) if b"Quill" in data]
    assert {entry.state for entry in store.outbox()} == {"sent"}


@pytest.mark.parametrize(
    ("state", "outcomes", "drift", "expected"),
    [
        ("done", ["moved", "waiting-session"], False, 0),
        ("done", ["moved", "refused"], False, 1),
        ("done", [], True, 1),
        ("stopped", ["moved"], False, 1),
        ("interrupted", ["moved"], False, 0),
    ],
)
def test_who_wants_trouble_alone_gets_no_more(
    tmp_path: Path, received: Received, state: str, outcomes: list[str], *, drift: bool, expected: int
) -> None:
    fleet = fleet_with(tmp_path, webhooks=desk(received.url, when="trouble"))
    store = store_of(fleet)
    queue_run(fleet, store, a_run(store, "apply", state, *outcomes, drift=drift), no_report)
    assert len(store.outbox()) == expected


def test_many_hosts_are_counted(tmp_path: Path, received: Received) -> None:
    fleet = fleet_with(tmp_path, webhooks=desk(received.url))
    store = store_of(fleet)
    queue_run(fleet, store, a_run(store, "apply", "stopped", *["failed"] * 103), no_report)
    send_due(fleet, store)
    news = told(received)[0]["news"]
    assert (len(news["troubles"]), news["more_troubles"], news["outcomes"]) == (100, 3, {"failed": 103})


def test_a_report_goes_to_those_who_want_reports(tmp_path: Path, received: Received, box: Mailbox) -> None:
    fleet = fleet_with(
        tmp_path, webhooks=desk(received.url, attach=["markdown"]), mails=audit(box.port, after=["apply"])
    )
    send_report(fleet, store_of(fleet), data_with("Quill"))
    (data,) = told(received)
    assert data["news"]["about"] == "report"
    assert [one["media_type"] for one in data["attachments"]] == ["text/markdown"]
    assert box.mails == []


def test_a_report_that_nobody_wants_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = fleet_with(tmp_path)
    send_report(fleet, store_of(fleet), data_with("Quill"))
    assert "nobody is to get it" in capsys.readouterr().err


def test_a_redacted_report_stays_so(tmp_path: Path, received: Received) -> None:
    fleet = fleet_with(tmp_path, webhooks=desk(received.url))
    send_report(fleet, store_of(fleet), data_with("Quill").model_copy(update={"redacted": True}))
    assert told(received)[0]["redacted"] is True
    assert not (fleet.state / "redact.key").exists()


def test_what_cannot_be_made_breaks_no_run(
    tmp_path: Path, received: Received, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a report nor a key: who is to get them hears of the run without, or the others do."""
    one = desk(received.url)["desk"]
    both = {"page": {**one, "attach": ["json"]}, "secretive": {**one, "redact": True}, "plain": one}
    fleet = fleet_with(tmp_path, webhooks=both)
    store = store_of(fleet)

    def broken() -> ReportData:
        raise RuntimeError("a report that fails\x1b[2J")

    (fleet.state / "redact.key").write_bytes(b"none")
    with sending_after(fleet, store, no_report):
        queue_run(fleet, store, a_run(store), broken)
    err = capsys.readouterr().err
    assert "json cannot be attached: a report that fails\\x1b[2J" in err
    assert "what secretive is to get cannot be written down: error[fleet/redact-key]" in err
    assert "sent to plain: 1 message" in err
    assert sorted(data["missing"] for data in told(received)) == [[], ["json"]]


def _queue_and_raise(fleet: Fleet, store: Store, error: type[BaseException]) -> None:
    queue_run(fleet, store, a_run(store), no_report)
    raise error


@pytest.mark.parametrize(("error", "sent"), [(RuntimeError, 1), (KeyboardInterrupt, 0)])
def test_a_run_that_breaks_off_sends_what_it_left(
    tmp_path: Path, received: Received, error: type[BaseException], sent: int
) -> None:
    fleet = fleet_with(tmp_path, webhooks=desk(received.url))
    store = store_of(fleet)
    with pytest.raises(error), sending_after(fleet, store, no_report):
        _queue_and_raise(fleet, store, error)
    assert len(received.requests) == sent
    assert len(store.outbox()) == 1


def test_ctrl_c_while_it_is_sent_is_nothing_that_the_run_suffers_from(
    tmp_path: Path, received: Received, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cut(*_arguments: object) -> None:
        raise KeyboardInterrupt

    fleet = fleet_with(tmp_path, webhooks=desk(received.url))
    store = store_of(fleet)
    monkeypatch.setattr("smartfleet.notify.webhook.post", cut)
    with sending_after(fleet, store, no_report):
        queue_run(fleet, store, a_run(store), no_report)
    assert "interrupted" in capsys.readouterr().err
    assert [(entry.state, entry.trouble) for entry in store.outbox()] == [("waiting", "it was cut off")]


def test_what_is_not_sent_is_kept_told_and_sent_later(
    tmp_path: Path, received: Received, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path)
    fleet = fleet_with(tmp_path, webhooks=desk(f"http://127.0.0.1:{free_port()}/"))
    (tmp_path / "inventory" / "hosts.yml").write_text("all:\n  hosts:\n    pc-1:\n", "utf-8")
    store = store_of(fleet)
    with sending_after(fleet, store, no_report):
        queue_run(fleet, store, a_run(store), no_report)
    err = capsys.readouterr().err
    assert "not sent to desk: the webhook cannot be reached" in err
    assert "it is kept, and tried again in 1 min: smartfleet outbox" in err

    assert call("status", "--fleet", place, "--format", "json") == 0
    status = json.loads(capsys.readouterr().out)
    assert status["unsent"] == {"desk": 1}
    assert call("status", "--fleet", place) == 0
    assert "1 message to desk: smartfleet outbox" in capsys.readouterr().out

    assert call("outbox", "--fleet", place, "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((SCHEMAS / "smartfleet.outbox-1.json").read_text("utf-8")))
    (entry,) = document["messages"]
    assert (entry["target"], entry["kind"], entry["state"], entry["attempts"]) == ("desk", "apply", "waiting", 1)
    assert call("outbox", "--fleet", place) == 0
    assert "smartfleet outbox send" in capsys.readouterr().err

    # again to nobody, then to somebody
    assert call("outbox", "send", "--fleet", place) == 3
    fleet_with(tmp_path, webhooks=desk(received.url))
    assert call("outbox", "send", entry["id"], "--fleet", place) == 0
    assert len(received.requests) == 1
    assert "Everything is sent." in capsys.readouterr().out
    assert call("outbox", "send", "--fleet", place) == 0
    capsys.readouterr()
    assert call("outbox", "list", "--sent", "--fleet", place, "--format", "jsonl") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "sent"
    assert call("outbox", "send", entry["id"], "--fleet", place) == 2
    assert "outbox/no-such-message" in capsys.readouterr().err


def test_what_need_not_be_sent_any_more_is_dropped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = fleet_with(tmp_path, webhooks=desk(f"http://127.0.0.1:{free_port()}/"))
    store = store_of(fleet)
    queue_run(fleet, store, a_run(store), no_report)
    (entry,) = store.outbox()
    fleet_with(tmp_path)
    assert call("outbox", "send", "--fleet", str(tmp_path)) == 3
    assert "names no such target any more" in capsys.readouterr().err
    assert call("outbox", "drop", entry.id, "--yes", "--fleet", str(tmp_path)) == 0
    assert store.outbox() == []


def test_what_is_being_sent_cannot_be_dropped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = fleet_with(tmp_path, webhooks=desk(f"http://127.0.0.1:{free_port()}/"))
    store = store_of(fleet)
    queue_run(fleet, store, a_run(store), no_report)
    (entry,) = store.outbox()
    assert store.take_message(entry.id, entry.created)
    assert call("outbox", "send", "--fleet", str(tmp_path)) == 3
    assert call("outbox", "drop", entry.id, "--yes", "--fleet", str(tmp_path)) == 3
    told = capsys.readouterr().err
    assert "dropped: 0 messages" in told
    assert "being sent" in told
    assert [one.state for one in store.outbox()] == ["sending"]


def test_secrets_are_written_nowhere(
    tmp_path: Path, received: Received, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    received.answers = [500]
    more = {"tls": "starttls", "user": "fleet", "password_from": "MAIL_PASSWORD"}
    with mail_server() as box:
        fleet = fleet_with(tmp_path, webhooks=desk(received.url), mails=audit(box.port, **more))
        store = store_of(fleet)
        with sending_after(fleet, store, no_report):
            queue_run(fleet, store, a_run(store), no_report)
    store.close()
    shown_ = "".join(capsys.readouterr())
    assert "not sent to audit" in shown_
    needles = [SECRET, SECRET.removeprefix("whsec_"), "planted-0123456789abcdef-planted", PASSWORD]
    files = [Path(top, name).read_bytes() for top, _, names in os.walk(tmp_path) for name in names]
    assert len(files) > 3
    for needle in needles:
        assert needle not in shown_
        assert not [file for file in files if needle.encode() in file]


def test_text_from_others_stays_text() -> None:
    entry = OutboxEntry(
        id="msg_1", created=1e9, target="desk", kind="apply", state="waiting", attempts=2, next_at=1e9, trouble=EVIL
    )
    others = [entry.model_copy(update={"state": state}) for state in ("sending", "sent", "given-up")]
    text = shown(terminal.outbox(OutboxDocument(messages=[entry, *others]), 1e9))
    assert "\x1b" not in text
    assert "\u202e" not in text
    for part in ("3 messages not sent yet", "due", "is being sent", "given up", "desk (apply)"):
        assert part in text
