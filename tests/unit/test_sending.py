"""Messages on their way: signed, over TLS, once, again when it failed, and never lost. The receivers are real."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import yaml
from standardwebhooks import Webhook, WebhookVerificationError

from smartfleet.fleet.sending import MailSettings, SendingSettings, WebhookSettings
from smartfleet.lab.winrm.ca import LabCa
from smartfleet.model.report import Headline
from smartfleet.model.sending import Attached, HostTrouble, Message, ReportNews, RunNews
from smartfleet.notify.deliver import Sender, Tried
from smartfleet.notify.patience import PATIENCE, PAUSES
from smartfleet.notify.webhook import body_of
from smartfleet.paths import data_folder
from smartfleet.store import Store
from smartfleet.store.database import Waits
from smartfleet.store.outbox import KEPT, SENDING
from smartfleet.text import visible
from smartfleet.words import Language, Words, load_words
from tests.ports import free_port
from tests.unit.receivers import Mailbox, Received, mail_server, webhook
from tests.unit.store_world import Clock

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
ENVIRONMENT = {"DESK_SECRET": SECRET, "MAIL_PASSWORD": "hunter2"}
HEADLINE = Headline(
    hosts=3, hosts_seen=2, hosts_compliant=1, profiles=4, on_old_server=2, outcomes={}, folders=0, verdicts={},
    bytes_in_folders=0,
)  # fmt: skip


CREATED = 1_800_000_000.0


def words_of(language: Language) -> Words:
    return load_words(language, data_folder("templates"))


def news(**more: Any) -> RunNews:
    base: dict[str, Any] = {
        "fleet": "office", "run": "20261122-1", "verb": "apply", "state": "done", "started": 1000.0,
        "finished": 2000.0, "admin": "root", "hosts": 3, "outcomes": {"failed": 1, "moved": 2},
        "verdicts": {"match": 2}, "troubles": [HostTrouble(host="pc-1", trouble="failed", code="out-of-space")],
        "next": "smartfleet apply --retry failed",
    }  # fmt: skip
    return RunNews.model_validate(base | more)


def message(told: RunNews | ReportNews | None = None, **more: Any) -> Message:
    return Message.model_validate({"created": CREATED, "redacted": False, "news": told or news(), **more})


def hook(url: str) -> SendingSettings:
    return SendingSettings(webhooks={"desk": WebhookSettings(url=url, secret_from="DESK_SECRET")})


def mails(port: int, **more: Any) -> SendingSettings:
    base = {
        "server": "127.0.0.1", "port": port, "tls": "none", "sender": "fleet@example.org",
        "to": ["a@example.org", "b@example.org"],
    }  # fmt: skip
    return SendingSettings(mails={"audit": MailSettings.model_validate(base | more)})


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = CREATED
    return clock


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/store.db", Waits(clock=clock))


@pytest.fixture
def received() -> Iterator[Received]:
    with webhook() as running:
        yield running


@pytest.fixture
def ca(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabCa:
    """An authority that this process trusts."""
    made = LabCa(tmp_path / "ca")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    return made


def sender(settings: SendingSettings, store: Store, clock: Clock, environment: dict[str, str] | None = None) -> Sender:
    return Sender(
        settings, store, words_of, ENVIRONMENT if environment is None else environment, now=clock, seconds=3.0
    )


def state(store: Store) -> list[tuple[str, int, str]]:
    return [(one.state, one.attempts, one.trouble) for one in store.outbox()]


def test_a_webhook_gets_what_its_own_library_verifies(store: Store, clock: Clock, received: Received) -> None:
    # the library looks at the clock
    clock.now = float(int(time.time()))
    sent = message(created=clock.now)
    name = store.add_message("desk", "apply", sent)
    assert list(sender(hook(received.url), store, clock).due()) == [Tried(name, "desk", "apply")]
    ((headers, body),) = received.requests
    told = Webhook(SECRET).verify(body.decode(), headers)
    assert headers["webhook-id"] == name
    assert headers["content-type"] == "application/json"
    assert told["type"] == "smartfleet.run"
    assert datetime.fromisoformat(told["timestamp"]).timestamp() == clock.now
    assert Message.model_validate(told["data"]) == sent
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.decode().replace("pc-1", "pc-2"), headers)
    assert state(store) == [("sent", 1, "")]


def test_a_webhook_over_tls(store: Store, clock: Clock, ca: LabCa) -> None:
    store.add_message("desk", "apply", message())
    with webhook(ca.tls(ca.server("hook", ["127.0.0.1"]))) as received:
        assert [one.trouble for one in sender(hook(received.url), store, clock).due()] == [""]
    assert len(received.requests) == 1


@pytest.mark.parametrize("names", [["localhost"], []])
def test_a_webhook_whose_certificate_is_for_another(store: Store, clock: Clock, ca: LabCa, names: list[str]) -> None:
    store.add_message("desk", "apply", message())
    other = ca if names else LabCa(ca.certificate.parent / "other")
    with webhook(other.tls(other.server("hook", names or ["127.0.0.1"]))) as received:
        assert "certificate verify failed" in next(sender(hook(received.url), store, clock).due()).trouble
    assert received.requests == []


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500])
def test_a_webhook_that_does_not_take_it_is_tried_again(
    store: Store, clock: Clock, received: Received, status: int
) -> None:
    received.answers = [status, 204]
    store.add_message("desk", "apply", message())
    sending = sender(hook(received.url), store, clock)
    tried = next(sending.due())
    assert (tried.trouble, tried.next_at) == (f"the webhook answered {status}", clock.now + PAUSES[0])
    assert list(sending.due()) == []
    clock.now += PAUSES[0]
    assert [one.trouble for one in sending.due()] == [""]
    first, second = received.requests
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]
    assert first[0]["webhook-timestamp"] != second[0]["webhook-timestamp"]


def test_a_webhook_that_wants_nothing_any_more(store: Store, clock: Clock, received: Received) -> None:
    received.answers = [410]
    store.add_message("desk", "apply", message())
    sending = sender(hook(received.url), store, clock)
    assert next(sending.due()).next_at is None
    clock.now += 10 * PATIENCE
    assert list(sending.due()) == []
    assert [entry.state for entry in store.outbox()] == ["given-up"]


def test_a_webhook_that_nobody_listens_at(store: Store, clock: Clock) -> None:
    name = store.add_message("desk", "apply", message())
    sending = sender(hook(f"http://127.0.0.1:{free_port()}/secret-path"), store, clock)
    attempts = 0
    while (entry := store.outbox()[0]).state == "waiting":
        clock.now = max(clock.now, entry.next_at)
        told = next(sending.due())
        assert "cannot be reached" in told.trouble
        assert "secret-path" not in told.trouble
        attempts += 1
        assert attempts < 30
    assert clock.now - CREATED > PATIENCE
    with webhook() as received:
        assert [one.trouble for one in sender(hook(received.url), store, clock).named([name])] == [""]
    assert len(received.requests) == 1


def test_pauses_grow_and_end(store: Store, clock: Clock) -> None:
    store.add_message("desk", "apply", message())
    sending = sender(hook(f"http://127.0.0.1:{free_port()}/"), store, clock)
    pauses = []
    while (told := next(sending.due())).next_at is not None:
        pauses.append(told.next_at - clock.now)
        clock.now = told.next_at
    assert pauses == [*PAUSES, *[PAUSES[-1]] * (len(pauses) - len(PAUSES))]
    assert PATIENCE < clock.now - CREATED < PATIENCE + 2 * PAUSES[-1]


@pytest.mark.parametrize(
    ("secret", "trouble"),
    [
        ("", "the environment variable DESK_SECRET is not set"),
        ("whsec_not base64!", "the webhook's secret is not whsec_ and base64"),
        ("whsec_c2hvcnQ=", "the webhook's secret has 5 bytes, but must have 24 to 64"),
    ],
)
def test_a_secret_that_is_none_is_never_told(
    store: Store, clock: Clock, received: Received, secret: str, trouble: str
) -> None:
    store.add_message("desk", "apply", message())
    told = next(sender(hook(received.url), store, clock, {"DESK_SECRET": secret}).due())
    assert told.trouble == trouble
    assert received.requests == []


def test_a_target_that_is_gone_keeps_its_messages(store: Store, clock: Clock) -> None:
    store.add_message("desk", "apply", message())
    told = next(sender(SendingSettings(), store, clock).due())
    assert (told.trouble, told.next_at) == ("smartfleet.yml names no such target any more", None)
    assert [entry.state for entry in store.outbox()] == ["given-up"]


def test_no_two_processes_send_the_same(store: Store, clock: Clock) -> None:
    name = store.add_message("desk", "apply", message())
    assert store.take_message(name, clock.now) is not None
    assert store.take_message(name, clock.now) is None
    assert store.take_message(name, clock.now, at_once=True) is None
    assert store.due_messages(clock.now) == []
    # one that died in between lost it
    clock.now += SENDING
    again = store.take_message(name, clock.now)
    assert again is not None
    assert again.attempts == 2


def test_an_attempt_that_is_cut_off_is_made_again(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch, received: Received
) -> None:
    def cut(*_arguments: object) -> None:
        raise KeyboardInterrupt

    store.add_message("desk", "apply", message())
    with monkeypatch.context() as patched:
        patched.setattr("smartfleet.notify.webhook.post", cut)
        with pytest.raises(KeyboardInterrupt):
            list(sender(hook(received.url), store, clock).due())
    assert state(store) == [("waiting", 1, "it was cut off")]
    assert [one.trouble for one in sender(hook(received.url), store, clock).due()] == [""]


def test_what_was_sent_is_forgotten_after_a_while(store: Store, clock: Clock) -> None:
    first = store.add_message("desk", "apply", message())
    store.message_sent(first, clock.now)
    clock.now += KEPT + 1
    second = store.add_message("desk", "apply", message(created=clock.now))
    store.message_sent(second, clock.now)
    assert [entry.id for entry in store.outbox()] == [second]
    store.drop_messages([second])
    assert store.outbox() == []


def one_mail(box: Mailbox) -> tuple[list[str], Any]:
    (found,) = box.mails
    return found


def test_a_mail_over_starttls_with_a_password(store: Store, clock: Clock, ca: LabCa) -> None:
    pdf = Attached(name="office.csv", media_type="text/csv", content=base64.b64encode(b"=1+1\r\n" * 400).decode())
    name = store.add_message("audit", "apply", message(attachments=[pdf]))
    with mail_server(ca.tls(ca.server("mail", ["127.0.0.1"])), login=True) as box:
        settings = mails(box.port, tls="starttls", user="fleet", password_from="MAIL_PASSWORD")
        assert [one.trouble for one in sender(settings, store, clock).due()] == [""]
    to, mail = one_mail(box)
    assert to == ["a@example.org", "b@example.org"]
    assert mail["subject"] == "[smartfleet] office: move through, look at 1 host"
    assert (mail["from"], mail["to"]) == ("fleet@example.org", "a@example.org, b@example.org")
    assert mail["message-id"] == f"<{name}@example.org>"
    assert mail["auto-submitted"] == "auto-generated"
    text = mail.get_body().get_content()
    for part in (
        "Move over 3 hosts of office: through",
        "moved: 2",
        "failed: 1",
        "pc-1: failed (out-of-space)",
        "smartfleet apply --retry failed",
        "audit",
    ):
        assert part in text
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("office.csv", "text/csv")
    assert attached.get_payload(decode=True) == b"=1+1\r\n" * 400
    assert box.logins == [(b"fleet", b"hunter2")]


def test_a_mail_over_tls_from_the_first_byte_in_german(store: Store, clock: Clock, ca: LabCa) -> None:
    checks: list[Any] = []
    told = ReportNews(fleet="büro", created=CREATED, headline=HEADLINE, checks=checks, warnings=[])
    store.add_message("audit", "report", message(told, redacted=True, missing=["xlsx"]))
    with mail_server(ca.tls(ca.server("mail", ["127.0.0.1"])), implicit=True) as box:
        assert [one.trouble for one in sender(mails(box.port, tls="tls", language="de"), store, clock).due()] == [""]
    _to, mail = one_mail(box)
    assert mail["subject"] == "[smartfleet] büro: 1 von 3 Rechnern konform"
    text = mail.get_body().get_content()
    assert "Pseudonyme" in text
    assert "fehlt deshalb: xlsx" in text


LOGIN = {"tls": "starttls", "user": "fleet"}


@pytest.mark.parametrize(
    ("names", "login", "settings", "trouble"),
    [
        ([], 1, {"tls": "starttls"}, "cannot do what smartfleet.yml asks for"),
        (["localhost"], 0, {"tls": "starttls"}, "certificate verify failed"),
        (["127.0.0.1"], 1, {**LOGIN, "password_from": "WRONG"}, "answered 535"),
        (["127.0.0.1"], 1, {**LOGIN, "password_from": "UMLAUT"}, "characters"),
        (["127.0.0.1"], 1, {**LOGIN, "password_from": "NONE"}, "NONE is not set"),
        (["127.0.0.1"], 0, {"tls": "none"}, "answered 530"),
        ([], 0, {"tls": "tls"}, "cannot be reached"),
    ],
)
def test_a_mail_server_that_does_not_take_it(  # noqa: PLR0917 - the table's columns
    store: Store, clock: Clock, ca: LabCa, names: list[str], login: int, settings: dict[str, Any], trouble: str
) -> None:
    store.add_message("audit", "apply", message())
    context = ca.tls(ca.server("mail", names)) if names else None
    with mail_server(context, login=bool(login)) as box:
        sending = sender(mails(box.port, **settings), store, clock, {"WRONG": "hunter3", "UMLAUT": "hünter2"})
        told = next(sending.due())
    assert trouble in told.trouble
    assert "unter" not in told.trouble
    assert told.next_at is not None
    assert box.mails == []


def test_who_was_refused_gets_it_later_and_nobody_twice(store: Store, clock: Clock) -> None:
    store.add_message("audit", "apply", message())
    with mail_server() as box:
        box.refused = {"b@example.org"}
        sending = sender(mails(box.port), store, clock)
        told = next(sending.due())
        assert told.trouble == "the mail server takes nothing for b@example.org: 550 no such mailbox here"
        clock.now += PAUSES[0]
        assert next(sending.due()).trouble == told.trouble
        box.refused = set()
        clock.now += PAUSES[1]
        assert next(sending.due()).trouble == ""
    assert [to for to, _ in box.mails] == [["a@example.org"], ["b@example.org"]]


def test_nobody_at_all_takes_it(store: Store, clock: Clock) -> None:
    store.add_message("audit", "apply", message())
    with mail_server() as box:
        box.refused = {"a@example.org", "b@example.org"}
        told = next(sender(mails(box.port), store, clock).due())
    assert "a@example.org: 550" in told.trouble
    assert "b@example.org: 550" in told.trouble


HOSTILE = [
    "<script>alert(1)</script>",
    "x\nBcc: evil@example.org",
    "a\u202egpj",
    "\x1b[31m",
    "=cmd|'/c calc'!A1",
    "b\udc80",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["en", "de"])
def test_hostile_names_smuggle_nothing_in(store: Store, clock: Clock, name: str, language: str) -> None:
    shown = visible(name)
    told = news(fleet=shown, admin=shown, troubles=[HostTrouble(host=shown, trouble="drift", code=shown)], next=shown)
    store.add_message("audit", "apply", message(told))
    with mail_server() as box:
        assert [one.trouble for one in sender(mails(box.port, language=language), store, clock).due()] == [""]
    _to, mail = one_mail(box)
    assert mail["bcc"] is None
    assert shown in mail["subject"]
    text = mail.get_body().get_content()
    assert shown in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text.replace("\r\n", "\n"))


def test_the_body_is_what_the_schema_says() -> None:
    told = json.loads(body_of(message(reached=["a@example.org"])))
    assert "reached" not in told["data"]
    assert told["data"]["schema"] == "smartfleet.message/1"


def test_every_key_of_a_target_is_documented_with_its_default() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")
    section = docs.partition("\n## Sending\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \|([^|]*)\|([^|]*)\|", section, re.MULTILINE)
    fields = {**WebhookSettings.model_fields, **MailSettings.model_fields}
    assert {key for key, _, _ in rows} == set(fields)
    for key, values, default in rows:
        field = fields[key]
        known = None if field.is_required() else field.get_default(call_default_factory=True)
        assert yaml.safe_load(default.strip(" `")) == (known if known not in ("", []) else None), key
        choices = get_args(field.annotation)
        inner = get_args(choices[0]) if field.annotation and get_origin(field.annotation) is list else choices
        assert all(f"`{choice}`" in values for choice in inner if isinstance(choice, str)), key
