"""`smartfleet notify` and `smartfleet unlock` over SSH, with plain Ansible and by letters."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import host_lock

from smartfleet.fleet import load_fleet
from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn
from smartfleet.lab.lab import Lab
from smartfleet.store import Owner, Store
from tests.integration.commanding import configure, document, smartfleet
from tests.integration.programs import ansible_playbook


@pytest.fixture
def anna(lab: Lab, host: LabHost) -> LabUser:
    """Signed in to the old name; her client does not run."""
    name = f"anna-{host.name}"
    password = lab.add_account(name)
    user = host.add_user(name)
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, name, password, folders=(Connection(),)))
    return user


def test_users_read_it_on_their_desktop(
    lab: Lab, fleet: Path, anna: LabUser, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(fleet, "language: de", "text: 'Fragen? {{ 6 * 7 }} & <b>Tel.</b> 123'")
    assert smartfleet("audit", "--fleet", str(fleet)) == 0
    code, told = document(capsys, "notify", "announce", "--fleet", str(fleet), "--when", "am Freitag", "--yes")
    assert code == 0, told
    assert [(one["user"], one["state"], one["answer"]) for one in told["notices"]] == [(anna.name, "shown", "")]
    (seen,) = anna.notices()
    assert seen.title == "Ihre Nextcloud bekommt eine neue Adresse"
    assert f"wird am Freitag auf {lab.new_url}/ umgestellt" in seen.body
    assert "Fragen? {{ 6 * 7 }} &amp; &lt;b&gt;Tel.&lt;/b&gt; 123" in seen.body
    store = Store.of_fleet(load_fleet(fleet).state, "")
    assert store.runs()[0].verb == "notify"
    entry = next(one for one in store.trail() if one.event == "ended" and one.verb == "notify")
    assert (entry.run, entry.outcomes) == (told["run"], {"shown": 1})


def test_who_is_not_there_is_told_nothing(
    fleet: Path, host: LabHost, anna: LabUser, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smartfleet("audit", "--fleet", str(fleet)) == 0
    anna.log_off()
    code, told = document(capsys, "notify", "moving-now", "--fleet", str(fleet), "--yes")
    assert (code, told["notices"][0]["state"]) == (6, "absent")
    host.set_listening(on=False)
    code, told = document(capsys, "notify", "moving-now", "--fleet", str(fleet), "--yes")
    assert (code, told["notices"], told["untold"][0]["outcome"]) == (6, [], "waiting-online")


def test_letters_are_written_and_not_sent(
    lab: Lab, fleet: Path, anna: LabUser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smartfleet("audit", "--fleet", str(fleet)) == 0
    out = tmp_path / "letters"
    addresses = tmp_path / "addresses.csv"
    addresses.write_text(f"name,address\n{anna.name.upper()},anna@example.org\n", "utf-8")
    to_files = ("--out", str(out), "--addresses", str(addresses))
    code, told = document(capsys, "notify", "announce", "--fleet", str(fleet), "--language", "de", *to_files)
    (letter,) = told["letters"]
    assert (code, letter["address"], letter["users"], told["run"]) == (0, "anna@example.org", [anna.name], "")
    message = email.message_from_bytes((out / letter["file"]).read_bytes(), policy=email.policy.default)
    assert (message["To"], message["Subject"]) == ("anna@example.org", "Ihre Nextcloud bekommt eine neue Adresse")
    text = message.get_content()
    assert f"unter {lab.new_url}/ zu erreichen" in text
    assert str(anna.home / "Nextcloud") in text
    assert anna.notices() == []
    assert smartfleet("notify", "announce", "--fleet", str(fleet), *to_files) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["sign-in", "--yes"], "notify/nobody"),
        (["announce", "--user", "nobody", "--yes"], "notify/nobody"),
        (["ask-to-postpone", "--yes"], "notify/asked-by-apply"),
    ],
    ids=["nobody", "stranger", "asked-by-apply"],
)
def test_what_there_is_no_sense_in(
    fleet: Path, anna: LabUser, arguments: Sequence[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smartfleet("audit", "--fleet", str(fleet)) == 0
    capsys.readouterr()
    assert smartfleet("notify", *arguments, "--fleet", str(fleet)) == 2
    assert f"error[{code}]" in capsys.readouterr().err
    assert anna.notices() == []


def test_notices_with_plain_ansible(fleet: Path, anna: LabUser, tmp_path: Path) -> None:
    anna.will_answer("later")
    question = {"user": anna.name, "title": "{{ 6 * 7 }}", "text": "?", "go_label": "a", "later_label": "b"}
    notices = tmp_path / "notices.json"
    notices.write_text(json.dumps([question]), "utf-8")
    done = ansible_playbook(fleet, "notify", "-e", f"smartfleet_notices={notices}", "-v")
    assert done.returncode == 0, done.stdout
    assert '"answer": "later"' in done.stdout
    assert [one.title for one in anna.notices()] == ["{{ 6 * 7 }}"]


def test_a_host_is_given_free(fleet: Path, host: LabHost, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store.of_fleet(load_fleet(fleet).state, "")
    run = store.begin("apply", 1)
    store.lock(run, [host.name], 3600.0, Owner("elsewhere", 1, "never"))
    with host_lock(str(host.root), "run-1") as lock:
        lock.reserve(3600)
    kept = (host.root / "var/lib/smartfleet/lock").read_bytes()
    assert smartfleet("unlock", host.name, "--fleet", str(fleet)) == 2
    assert "error[usage/no-terminal]" in capsys.readouterr().err
    assert ([one.run for one in store.locks()], (host.root / "var/lib/smartfleet/lock").read_bytes()) == ([run], kept)
    code, told = document(capsys, "unlock", host.name, "--fleet", str(fleet), "--yes")
    assert (code, told["lock"]["run"], told["on_host"]["state"], told["on_host"]["run"]) == (0, run, "removed", "run-1")
    assert store.locks() == []
    unlocked = next(one for one in store.trail() if one.event == "unlocked")
    assert unlocked.detail == f"lock of run {run}, reservation of run run-1"
    assert smartfleet("unlock", host.name, "--fleet", str(fleet), "--yes") == 0
    assert f"nothing keeps other runs away from {host.name}" in capsys.readouterr().err


def test_a_run_that_is_alive_keeps_its_hosts(fleet: Path, host: LabHost, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store.of_fleet(load_fleet(fleet).state, "")
    run = store.begin("apply", 1)
    store.drive(run, Owner.mine())
    store.lock(run, [host.name], 3600.0, Owner.mine())
    capsys.readouterr()
    assert smartfleet("unlock", host.name, "--fleet", str(fleet), "--yes") == 2
    assert "error[unlock/run-alive]" in capsys.readouterr().err
    assert [lock.run for lock in store.locks()] == [run]
    assert smartfleet("unlock", host.name, "--fleet", str(fleet), "--yes", "--force") == 0
    assert store.locks() == []


def test_a_host_that_is_away_is_given_free_in_the_store(
    fleet: Path, host: LabHost, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.of_fleet(load_fleet(fleet).state, "")
    run = store.begin("apply", 1)
    store.lock(run, [host.name], 3600.0, Owner("elsewhere", 1, "never"))
    host.set_listening(on=False)
    code, told = document(capsys, "unlock", host.name, "--fleet", str(fleet), "--yes")
    assert (code, told["lock"]["run"], told["untold"]["outcome"]) == (6, run, "waiting-online")
    assert store.locks() == []
    assert smartfleet("unlock", host.name, "--fleet", str(fleet), "--yes") == 6
    assert "could not be asked" in capsys.readouterr().err


def test_a_module_at_work_keeps_the_host(fleet: Path, host: LabHost, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    with host_lock(str(host.root), "run-7"):
        assert smartfleet("unlock", host.name, "--fleet", str(fleet), "--yes") == 2
        assert "a module of run run-7 works on" in capsys.readouterr().err
    with host_lock(str(host.root), "run-7") as lock:
        lock.reserve(3600)
    done = ansible_playbook(fleet, "unlock", "-e", "smartfleet_run=other", "-v")
    assert '"state": "kept"' in done.stdout
    done = ansible_playbook(fleet, "unlock", "-v")
    assert '"state": "removed"' in done.stdout
