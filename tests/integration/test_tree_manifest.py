"""Verification of a lab host: a folder that was synced, moved, then changed by its user, the server and bad luck."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.treecheck import Wish, check_host

from smartfleet.lab.host import Connection, LabHost, LabUser, SignedIn, documents
from smartfleet.lab.lab import Lab
from smartfleet.model.results import FolderCheck
from tests.integration.moving import move, orders
from tests.integration.programs import ansible

pytestmark = pytest.mark.once

MODULE = "smartde.nextcloud.tree_manifest"
FILES = 8


@pytest.fixture
def anna(lab: Lab, host: LabHost) -> LabUser:
    password = lab.add_account(f"anna-{host.name}")
    lab.put_all(f"anna-{host.name}", documents(3, FILES))
    user = host.add_user(f"anna-{host.name}")
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, user.name, password, folders=(Connection(),)))
    user.start_client()
    user.wait_synced("Nextcloud")
    return user


@pytest.fixture
def moved(host: LabHost, fleet: Path, anna: LabUser) -> LabUser:
    """Moved, with digests in the manifest: half of the documents came to the server without a checksum."""
    (outcome,) = move(host, [{**order, "digests": True} for order in orders(host, fleet)])
    assert outcome.outcome == "moved"
    anna.wait_synced("Nextcloud")
    return anna


def _check(host: LabHost, level: str = "size", run: str = "latest", **more: Any) -> FolderCheck:
    given = {"users": (), "profiles": (), "examples": 20, "ask_server": False, "seconds": 60.0, **more}
    (found,), problems = check_host(Wish(root=str(host.root), level=level, run=run, **given))
    assert problems == []
    return FolderCheck.model_validate(found)


def _files(user: LabUser) -> list[Path]:
    everything = sorted((user.home / "Nextcloud").rglob("*"))
    return [path for path in everything if path.is_file() and not path.name.startswith(".")]


@pytest.mark.parametrize("level", ["size", "content", "journal", "server"])
def test_after_a_move_every_level_proves_every_file(lab: Lab, host: LabHost, moved: LabUser, level: str) -> None:
    found = _check(host, level)
    assert (found.state, found.url, found.files) == ("ok", lab.new_url, FILES)
    comparisons = [found.before, found.journal, *([found.server] if level == "server" else [])]
    for one in comparisons:
        assert (one.done, one.reason, one.same) == (True, "", FILES)
        assert (one.synced, one.user, one.lost, one.conflicts, one.unproven) == (0, 0, 0, 0, 0)
    assert found.etags
    assert found.server.done is (level == "server")
    assert moved.name in found.local_path


def test_what_the_user_did_what_the_client_did_and_what_is_lost(lab: Lab, host: LabHost, moved: LabUser) -> None:
    edited, gone, damaged, *_rest = _files(moved)
    lab.put_all(moved.name, {"fresh.txt": b"from the server"})
    moved.quit_client()
    moved.sync_once("Nextcloud")
    info = damaged.stat()
    damaged.write_bytes(bytes(byte ^ 1 for byte in damaged.read_bytes()))
    os.utime(damaged, ns=(info.st_atime_ns, info.st_mtime_ns))
    edited.write_text("an edit that waits")
    gone.unlink()
    (edited.parent / "new.txt").write_text("new")
    (edited.parent / "x (conflicted copy 2026-01-02 030405).txt").write_text("conflict")
    found = _check(host, "content")
    before = found.before
    assert (before.same, before.user, before.lost, before.conflicts) == (FILES - 3, 2, 2, 1)
    assert before.synced == 1
    told = {Path(example.path).name: example.kind for example in before.examples}
    assert (told[gone.name], told[damaged.name], told[edited.name], told["new.txt"]) == (
        "lost",
        "lost",
        "changed",
        "new",
    )
    assert _check(host, "size").before.lost == 1


def test_what_is_missing_is_said(host: LabHost, anna: LabUser) -> None:
    found = _check(host, "content", ask_server=True)
    assert not found.before.done
    assert (found.journal.unproven, found.journal.same) == (FILES // 2, FILES // 2)
    assert "remembers no move" in found.before.reason
    assert found.server.same == FILES
    assert _check(host, run="").before.reason == "no run was named to compare with"
    anna.quit_client()
    (journal,) = (anna.home / "Nextcloud").glob(".sync_*.db")
    journal.write_bytes(b"no journal")
    found = _check(host, "server")
    assert found.files == FILES
    assert [one.done for one in (found.before, found.journal, found.server)] == [False] * 3
    assert "journal" in found.server.reason


def test_a_damaged_manifest_is_a_reason_and_no_match(host: LabHost, moved: LabUser) -> None:
    (manifest,) = (host.root / "var/lib/smartfleet/runs").glob("*/*/manifest-*.gz")
    manifest.write_bytes(manifest.read_bytes()[:-9])
    found = _check(host)
    assert (found.before.done, found.journal.same) == (False, FILES)
    assert "cut off" in found.before.reason
    assert moved.name == found.user


def test_the_secret_is_not_sent_to_another_instance(lab: Lab, host: LabHost, moved: LabUser) -> None:
    config = moved.home / ".config/Nextcloud/nextcloud.cfg"
    moved.quit_client()
    config.write_text(config.read_text().replace(lab.new_url, lab.other_url))
    seen = len(lab.requests())
    found = _check(host, "server")
    assert not found.server.done
    assert "is the instance" in found.server.reason
    assert [one.method for one in lab.requests()[seen:]].count("PROPFIND") == 0


def test_without_a_session_the_server_is_not_asked(host: LabHost, moved: LabUser) -> None:
    moved.log_off()
    found = _check(host, "server")
    assert (found.before.same, found.server.done) == (FILES, False)
    assert "session" in found.server.reason


def test_the_module_as_ansible_packs_it(tmp_path: Path, host: LabHost, moved: LabUser) -> None:
    arguments = {"root": str(host.root), "level": "content", "run": "latest", "users": [moved.name]}
    common = ["localhost", "-c", "local", "-o", "-e", f"ansible_python_interpreter={sys.executable}"]
    said = ansible(tmp_path, "ansible", *common, "-m", MODULE, "-a", json.dumps(arguments))
    answer = json.loads(said.partition("=> ")[2])
    assert (answer["changed"], answer["problems"]) == (False, [])
    assert FolderCheck.model_validate(answer["folders"][0]).before.same == FILES
    said = ansible(
        tmp_path, "ansible", *common, "-m", MODULE, "-a", '{"root": "/", "users": ["nobody-here"], "run": "../x"}'
    )
    assert "is no run id" in said


def test_the_documentation_names_what_the_module_returns(tmp_path: Path) -> None:
    found = json.loads(ansible(tmp_path, "ansible-doc", "--json", MODULE))[MODULE]
    returned = set(found["return"]["folders"]["contains"])
    assert returned == set(FolderCheck.model_fields)
