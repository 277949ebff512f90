"""The transaction on a lab host: real processes, a real session bus, a real sync, and what the server saw of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from smartfleet.lab.host import LabHost, LabUser, secret_name
from smartfleet.lab.lab import Lab
from tests.integration.moving import move, move_and_die, orders, take_back
from tests.integration.synced import synced

pytestmark = pytest.mark.once


@pytest.fixture
def anna(lab: Lab, host: LabHost) -> LabUser:
    """Signed in to the old name, synced, her client running."""
    return synced(lab, host, f"anna-{host.name}", files=8)


def clients_of(user: LabUser, lab: Lab) -> list[str]:
    """The hosts that the user's client works with."""
    answer = user.ask_client('V2/LIST_ACCOUNTS:{"id":"1","arguments":{}}')
    return [url for url in (lab.old_url, lab.new_url) if any(url.partition("//")[2] in line for line in answer)]


def journal_of(user: LabUser) -> tuple[str, int]:
    (journal,) = (user.home / "Nextcloud").glob(".sync_*.db")
    return journal.name, journal.stat().st_ino


def transfers(lab: Lab, user: LabUser) -> list[str]:
    return [one.method for one in lab.requests() if f"/files/{user.name}" in one.path and one.method in ("GET", "PUT")]


def test_there_and_back_again(lab: Lab, host: LabHost, fleet: Path, anna: LabUser) -> None:
    raw, journal, seen = orders(host, fleet), journal_of(anna), len(transfers(lab, anna))
    (moved,) = move(host, raw)
    assert (moved.outcome, moved.code) == ("moved", "")
    assert [(proof.proof, proof.state, proof.detail) for proof in moved.proofs if proof.state != "ok"] == []
    assert len(moved.proofs) == 8
    anna.wait_synced("Nextcloud")
    assert clients_of(anna, lab) == [lab.new_url]
    assert anna.secret(secret_name(anna.name, lab.new_url, 0)) == anna.secret(secret_name(anna.name, lab.old_url, 0))
    assert journal_of(anna) == journal
    assert [outcome.outcome for outcome in move(host, raw, "run-2")] == ["already"]
    assert [outcome.outcome for outcome in take_back(host)] == ["rolled-back"]
    anna.wait_synced("Nextcloud")
    assert clients_of(anna, lab) == [lab.old_url]
    assert journal_of(anna) == journal
    assert len(transfers(lab, anna)) == seen
    assert [outcome.outcome for outcome in take_back(host)] == ["already"]


@pytest.mark.parametrize("mark", ["backup end", "write-config end", "start-client begin", "prove begin"])
def test_a_killed_module_is_gone_on_with(lab: Lab, host: LabHost, fleet: Path, anna: LabUser, mark: str) -> None:
    raw, journal, seen = orders(host, fleet), journal_of(anna), len(transfers(lab, anna))
    assert move_and_die(host, raw, mark) == -signal.SIGKILL
    (moved,) = move(host, raw)
    assert (moved.outcome, moved.code) == ("moved", "")
    anna.wait_synced("Nextcloud")
    assert clients_of(anna, lab) == [lab.new_url]
    assert journal_of(anna) == journal
    assert len(transfers(lab, anna)) == seen


def test_an_edit_that_is_pending_is_uploaded_afterwards(lab: Lab, host: LabHost, fleet: Path, anna: LabUser) -> None:
    anna.quit_client()
    anna.write("Nextcloud/Protokolle/mine.txt", b"written while the client was off")
    (moved,) = move(host, orders(host, fleet))
    assert moved.outcome == "moved"
    anna.wait_synced("Nextcloud")
    assert "Protokolle/mine.txt" in lab.files(anna.name)


def test_another_instance_is_refused(lab: Lab, host: LabHost, fleet: Path, anna: LabUser) -> None:
    settings = fleet / "smartfleet.yml"
    settings.write_text(settings.read_text().replace(lab.new_url, lab.other_url))
    before = anna.config.read_bytes()
    (refused,) = move(host, orders(host, fleet))
    assert (refused.outcome, refused.code) == ("refused", "other-instance")
    assert anna.config.read_bytes() == before
    assert clients_of(anna, lab) == [lab.old_url]


def test_a_client_that_will_not_stop(host: LabHost, fleet: Path, anna: LabUser) -> None:
    anna.quit_client()
    raw, before = orders(host, fleet), anna.config.read_bytes()
    code = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    with subprocess.Popen(
        ["nextcloud", "-c", code], executable=sys.executable, env={"HOME": str(anna.home)}, stdout=subprocess.PIPE
    ) as stubborn:
        assert stubborn.stdout
        assert stubborn.stdout.readline() == b"up\n"
        (failed,) = move(host, raw, stop_seconds=2)
        assert stubborn.poll() is None
        stubborn.kill()
    assert (failed.outcome, failed.code, failed.changed) == ("failed", "client-will-not-stop", False)
    assert str(stubborn.pid) in failed.message
    assert anna.config.read_bytes() == before
