"""Cures on a lab host: real processes and a real sync, from facts over a plan to the module's own code."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostfacts import look

from smartfleet.fleet.load import load_fleet
from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn, documents
from smartfleet.lab.lab import Lab
from smartfleet.model.facts import HostFacts
from smartfleet.plan import make_plan
from smartfleet.plan.mend import mend_profile
from tests.integration.moving import move, move_and_die, purge, take_back
from tests.integration.test_move_on_lab import clients_of, transfers

pytestmark = pytest.mark.once


@pytest.fixture
def dora(lab: Lab, host: LabHost) -> LabUser:
    """Signed in to both names; the new account has downloaded everything into a second folder."""
    user = host.add_user(f"dora-{host.name}")
    password = lab.add_account(user.name)
    lab.put_all(user.name, documents(11, 8))
    user.log_on()
    old = SignedIn(lab.old_url, user.name, password, folders=(Connection(),))
    new = SignedIn(lab.new_url, user.name, password, folders=(Connection("Nextcloud2"),))
    user.sign_in(old, new)
    user.start_client()
    user.wait_synced("Nextcloud", "Nextcloud2")
    return user


@pytest.fixture
def clara(lab: Lab, host: LabHost) -> LabUser:
    """Removed the old account, with which the journal goes, and signed in to the new one with another folder."""
    user = host.add_user(f"clara-{host.name}")
    password = lab.add_account(user.name)
    lab.put_all(user.name, documents(12, 8))
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, user.name, password, folders=(Connection(),)))
    user.start_client()
    user.wait_synced("Nextcloud")
    user.quit_client()
    for journal in (user.home / "Nextcloud").glob(".sync_*.db*"):
        journal.unlink()
    user.sign_in(SignedIn(lab.new_url, user.name, password, folders=(Connection("Nextcloud2"),)))
    user.start_client()
    user.wait_synced("Nextcloud2")
    return user


def cures(host: LabHost, fleet: Path) -> list[dict[str, Any]]:
    """What `smartfleet fix` makes of the host as it is now."""
    facts = HostFacts.model_validate(look(str(host.root)))
    config = load_fleet(fleet).config
    plan = make_plan({host.name: (time.time(), facts)}, config, created=time.time(), each=mend_profile)
    return [profile.move.model_dump(mode="json") for profile in plan.hosts[0].profiles if profile.move]


def until_planned(host: LabHost, fleet: Path) -> list[dict[str, Any]]:
    """A process that has just ended may still be seen for a moment."""
    end = time.monotonic() + 180
    while not (raw := cures(host, fleet)):
        assert time.monotonic() < end
        time.sleep(0.2)
    return raw


def folders(user: LabUser) -> list[str]:
    return sorted(path.name for path in user.home.glob("Nextcloud*"))


def content(folder: Path) -> dict[str, bytes]:
    own = (".sync_", ".nextcloudsync.log")  # the client's, with times in it
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(own))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_two_accounts_become_one_on_the_original_folder(lab: Lab, host: LabHost, fleet: Path, dora: LabUser) -> None:
    files, seen = content(dora.home / "Nextcloud"), len(transfers(lab, dora))
    raw = cures(host, fleet)
    assert raw[0]["cures"] == ["repoint", "drop-account"]
    (cured,) = move(host, raw)
    assert (cured.outcome, cured.code, cured.message) == ("cured", "", "")
    assert [(proof.proof, proof.state, proof.detail) for proof in cured.proofs if proof.state != "ok"] == []
    assert clients_of(dora, lab) == [lab.new_url]
    dora.wait_synced("Nextcloud")
    assert folders(dora) == ["Nextcloud", "Nextcloud2.aside-run-1"]
    assert content(dora.home / "Nextcloud") == content(dora.home / "Nextcloud2.aside-run-1") == files
    (back,) = take_back(host)
    assert back.outcome == "rolled-back"
    dora.wait_synced("Nextcloud", "Nextcloud2")
    assert clients_of(dora, lab) == [lab.old_url, lab.new_url]
    assert folders(dora) == ["Nextcloud", "Nextcloud2"]
    assert len(transfers(lab, dora)) == seen


def test_equal_trees_are_enough_where_the_journal_is_gone(lab: Lab, host: LabHost, fleet: Path, clara: LabUser) -> None:
    seen, raw = len(transfers(lab, clara)), cures(host, fleet)
    assert raw[0]["aside"][0]["carry"] is True
    (cured,) = move(host, raw)
    assert (cured.outcome, cured.message) == ("cured", "")
    clara.wait_synced("Nextcloud")
    assert len(transfers(lab, clara)) == seen
    (purged,) = purge(host, raw)
    assert purged.outcome == "cured"
    assert folders(clara) == ["Nextcloud"]
    (refused,) = take_back(host)
    assert (refused.outcome, refused.code) == ("refused", "copy-purged")


def test_trees_that_differ_are_left_alone(lab: Lab, host: LabHost, fleet: Path, clara: LabUser) -> None:
    name = next(path for path in sorted((clara.home / "Nextcloud").rglob("*.odt")))
    stamp = name.stat().st_mtime_ns
    name.write_bytes(b"x" * name.stat().st_size)
    os.utime(name, ns=(stamp, stamp))
    (refused,) = move(host, cures(host, fleet))
    assert (refused.outcome, refused.code) == ("refused", "trees-differ")
    assert f"{clara.home}/Nextcloud2/" in clara.config.read_text()
    assert clients_of(clara, lab) == [lab.new_url]
    assert folders(clara) == ["Nextcloud", "Nextcloud2"]


@pytest.mark.parametrize("mark", ["prove-cure end", "write-config end", "set-aside end", "start-client end"])
def test_a_killed_module_is_gone_on_with(lab: Lab, host: LabHost, fleet: Path, dora: LabUser, mark: str) -> None:
    raw, seen = cures(host, fleet), len(transfers(lab, dora))
    assert move_and_die(host, raw, mark) == -signal.SIGKILL
    again = cures(host, fleet)  # as `fix` plans it now
    assert again[0]["resume"] is True
    (cured,) = move(host, again, run="run-2")
    assert (cured.outcome, cured.message) == ("cured", "")
    dora.wait_synced("Nextcloud")
    assert folders(dora) == ["Nextcloud", "Nextcloud2.aside-run-0"]
    assert len(transfers(lab, dora)) == seen


def test_a_client_that_does_not_run_is_started(lab: Lab, host: LabHost, fleet: Path, clara: LabUser) -> None:
    for path in (clara.home / "Nextcloud").rglob("*.odt"):
        path.unlink()  # no second copy any more
    clara.quit_client()
    raw = until_planned(host, fleet)
    assert raw[0]["cures"] == ["start-client"]
    (started,) = move(host, raw)
    assert started.outcome == "cured"
    clara.wait_synced("Nextcloud2")
    assert clients_of(clara, lab) == [lab.new_url]
