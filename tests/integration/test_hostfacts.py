"""The facts of a whole host, made of homes that are good, odd and hostile; the model must take what comes out."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import folders, gather, hostfacts, installed, people
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.processes import Process
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import profile_folder
from ansible_collections.smartde.nextcloud.plugins.module_utils.walk import walk

from smartfleet.model.facts import FolderFacts, HostFacts, ProfileFacts

pytestmark = pytest.mark.once
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can own files in other names")
ANNA, BERT = 54321, 54322


class Home:
    """A home to be filled. `uid` owns what `give` hands over."""

    def __init__(self, path: Path, name: str, uid: int) -> None:
        self.path = path
        self.person = Person(name, uid, uid, str(path), (uid,))
        path.mkdir(parents=True, exist_ok=True)

    def config(self, *folders_: str | bytes, url: str = "http://old.example", extra: bytes = b"") -> Path:
        lines = [b"[General]", b"clientVersion=3.16.7", b"[Accounts]", b"version=13"]
        lines += [b"0\\url=" + url.encode(), b"0\\version=13", b"0\\authType=webflow", b"0\\webflow_user=eva"]
        for number, folder in enumerate(folders_):
            raw = folder if isinstance(folder, bytes) else folder.encode()
            lines += [b"0\\Folders\\%d\\localPath=%s" % (number, raw), b"0\\Folders\\%d\\targetPath=/" % number]
            lines += [b"0\\Folders\\%d\\journalPath=.sync_0.db" % number]
        file = self.path / ".config/Nextcloud/nextcloud.cfg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\n".join(lines) + b"\n" + extra)
        return file

    def sync(self, name: str = "Nextcloud", files: int = 3) -> Path:
        """A sync folder with a journal that knows each file, and one in a subfolder."""
        folder = self.path / name
        (folder / "sub").mkdir(parents=True)
        database = sqlite3.connect(folder / ".sync_0.db")
        database.execute("CREATE TABLE metadata(path TEXT, type INT, filesize INT, modtime INT, md5 TEXT, fileid TEXT)")
        for path in [f"f{number}" for number in range(files)] + ["sub/f"]:
            (folder / path).write_text("12345")
            os.utime(folder / path, (1_700_000_000, 1_700_000_000))
            row = (path, 0, 5, 1_700_000_000, "e", "00000001ocabc")
            database.execute("INSERT INTO metadata VALUES(?, ?, ?, ?, ?, ?)", row)
        database.execute("INSERT INTO metadata VALUES('sub', 2, 0, 0, 'e', '00000002ocabc')")
        database.commit()
        database.close()
        return folder

    def give(self) -> None:
        for path in [self.path, *self.path.rglob("*")]:
            os.chown(path, self.person.uid, self.person.gid, follow_symlinks=False)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    return tmp_path


def inhabit(lab: Path, *names: str) -> list[Home]:
    """A lab host: everybody has the uid of whoever runs the tests."""
    homes = [Home(lab / "home" / name, name, os.geteuid()) for name in names]
    lines = [f"{home.person.name}:x:{os.geteuid()}:{os.getegid()}::{home.path}:/bin/sh\n" for home in homes]
    (lab / "etc/passwd").write_text("".join(lines) + "broken line\nx:x:a:b::/:\n")
    return homes


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Home]]:
    """Two real users with homes of their own, as far as uids go."""
    with tempfile.TemporaryDirectory(prefix="homes") as folder:
        Path(folder).chmod(0o755)
        homes = [Home(Path(folder) / "anna", "anna", ANNA), Home(Path(folder) / "bert", "bert", BERT)]
        monkeypatch.setattr(hostfacts, "people", lambda _root, _running: [home.person for home in homes])
        monkeypatch.setattr(hostfacts, "clients", list)
        yield homes


def look(root: Path | str = "/", *users: str) -> HostFacts:
    """The facts as they cross the wire."""
    return HostFacts(**json.loads(json.dumps(hostfacts.look(str(root), users))))


def only(facts: HostFacts) -> ProfileFacts:
    (profile,) = facts.profiles
    return profile


def folder(profile: ProfileFacts) -> FolderFacts:
    (found,) = profile.folders
    return found


def test_a_plain_profile(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    file = anna.config(f"{anna.sync()}/")
    (lab / "etc/hostname").write_text("pc-17\n")
    facts = look(lab)
    profile = only(facts)
    assert facts.system.hostname == "pc-17"
    assert facts.problems == []
    assert (profile.user, profile.config.path, profile.config.kind) == ("anna", str(file), "standard")
    assert base64.b64decode(profile.config.content) == file.read_bytes()
    assert (profile.session.state, profile.session.keyring, profile.client) == ("none", "absent", None)
    assert profile.autostart == "off"
    found = folder(profile)
    assert (found.state, found.files, found.bytes, found.journal_named) == ("ok", 4, 20, True)
    assert (found.journal.state, found.journal.files, found.journal.instance_ids) == ("ok", 4, ["ocabc"])
    assert found.local_changes is not None
    assert not any(found.local_changes.model_dump().values())


def test_what_the_user_did_since_the_last_sync(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    sync = anna.sync()
    (sync / "new").write_text("x")
    (sync / "new (conflicted copy 2024-01-01 120000)").write_text("x")
    (sync / "f0").write_text("longer than it was")
    (sync / "f1").unlink()
    (sync / "link").symlink_to("/etc")
    os.utime(sync / "f2", (-5, -5))
    anna.config(str(sync))
    found = folder(only(look(lab)))
    assert found.local_changes is not None
    assert found.local_changes.model_dump() == {"new": 1, "changed": 2, "deleted": 1}
    assert (found.conflict_files, found.bad_mtimes) == (1, 1)


def test_what_the_client_leaves_alone_is_no_change(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    sync = anna.sync()
    for name in ("draft~", "own.secret", "kept"):
        (sync / name).write_text("x")
    config = anna.config(str(sync))
    (lab / "etc/Nextcloud").mkdir()
    (lab / "etc/Nextcloud/sync-exclude.lst").write_text("*~\n")
    (config.parent / "sync-exclude.lst").write_text("*.secret\n")
    changes = folder(only(look(lab))).local_changes
    assert changes is not None
    assert changes.new == 1


def test_a_damaged_journal_hides_no_file(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    sync = anna.sync(files=300)
    anna.config(str(sync))
    with (sync / ".sync_0.db").open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * 8192)
    found = folder(only(look(lab)))
    assert (found.state, found.files, found.journal.state, found.local_changes) == ("ok", 301, "unreadable", None)


def test_users_can_be_chosen(lab: Path) -> None:
    for home in inhabit(lab, "anna", "bert"):
        home.config()
    assert [profile.user for profile in look(lab).profiles] == ["anna", "bert"]
    facts = look(lab, "bert", "nobody-here")
    assert [profile.user for profile in facts.profiles] == ["bert"]
    assert [problem.code for problem in facts.problems] == ["unknown-user"]


def test_a_folder_in_another_persons_home_is_not_walked(lab: Path) -> None:
    anna, bert = inhabit(lab, "anna", "bert")
    anna.config(str(bert.sync()))
    found = folder(only(look(lab)))
    assert (found.state, found.files, found.journal.state) == ("outside-home", 0, "absent")


def test_names_of_any_bytes_arrive_as_text(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    name = b"/{{ lookup('pipe', 'id') }}\n\x1b[31m \xf0\x9f\x98\x80 \xff"
    os.makedirs(os.fsencode(anna.path) + name)  # noqa: PTH103 - pathlib has no bytes
    raw = b'"' + os.fsencode(anna.path) + name.replace(b"\n", b"\\n").replace(b"\x1b", b"\\x1b") + b'"'
    anna.config(raw)
    found = folder(only(look(lab)))
    assert "{{ lookup('pipe', 'id') }}\n\x1b[31m" in found.local_path
    assert "\udcff" not in found.local_path


def test_half_characters_become_text() -> None:
    assert hostfacts.tidy({"\udcff": ["\ud800", "é", 1, None]}) == {"\\xff": ["\\ud800", "é", 1, None]}


def test_folders_without_an_account(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    anna.config(str(anna.sync("Used")))
    anna.sync("old/Nextcloud", files=6)
    anna.sync("too/deep/to/see")
    (anna.path / "loop").symlink_to(anna.path)
    (orphan,) = only(look(lab)).orphans
    assert orphan.model_dump() == {
        "path": f"{anna.path}/old/Nextcloud",
        "files": 7,
        "bytes": 35,
        "journals": [".sync_0.db"],
        "twins": 4,
        "twin_bytes": 20,
    }


def test_a_folder_that_remove_account_left_behind(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    anna.config(str(anna.sync("Nextcloud2")))
    left = anna.sync("Nextcloud", files=4)
    for journal in left.glob(".sync_*"):
        journal.unlink()
    (left / "only here.txt").write_text("x")
    (anna.path / "Nextcloud3").symlink_to(left)
    (anna.path / "Documents").mkdir()
    (orphan,) = only(look(lab)).orphans
    assert (orphan.path, orphan.journals) == (f"{anna.path}/Nextcloud", [])
    assert orphan.files > orphan.twins >= 3


def test_remembered_moves_are_told(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    path = str(anna.config())
    kept = Path(profile_folder(str(lab), "run-1", "anna", path))
    kept.mkdir(parents=True)
    order = {"user": "anna", "config_path": path, "old_sha256": "a", "new_sha256": "b"}
    (kept / "order.json").write_text(json.dumps(order))
    mark = {"step": "transaction", "state": "open", "time": 5.0}
    (kept / "marks.jsonl").write_text(json.dumps(mark) + "\n" + json.dumps({**mark, "step": "backup"}) + "\n")
    (found,) = only(look(lab)).transactions
    assert (found.run, found.state, found.step, found.started) == ("run-1", "open", "backup", 5.0)


@pytest.mark.parametrize("data", [b"", b"\0\1\2", b"x" * 10_000_000, b"[Accounts]\n0\\url=\n"])
def test_a_configuration_that_is_none_stops_nobody(lab: Path, data: bytes) -> None:
    anna, bert = inhabit(lab, "anna", "bert")
    anna.config().write_bytes(data)
    bert.config()
    states = {profile.user: profile.config.state for profile in look(lab).profiles}
    assert states["bert"] == "ok"
    assert set(states) == {"anna", "bert"}


@pytest.mark.parametrize(
    "extra",
    [
        b"".join(b"0\\Folders\\%d\\localPath=a\n" % number for number in range(70_000)),
        b"0\\Folders\\x\\localPath=" + b"\x01" * 1_900_000 + b"\n",
    ],
)
def test_what_one_user_writes_never_hides_the_others(lab: Path, extra: bytes) -> None:
    anna, bert = inhabit(lab, "anna", "bert")
    anna.config(extra=extra)
    bert.config(str(bert.sync()))
    before = time.monotonic()
    facts = look(lab)
    assert time.monotonic() - before < 120
    assert [(one.user, len(one.folders)) for one in facts.profiles if one.user == "bert"] == [("bert", 1)]
    assert [(problem.code, problem.message.partition(":")[0]) for problem in facts.problems] == [("too-much", "anna")]
    assert len(facts.model_dump_json()) < 8_000_000


def test_a_folder_that_hangs_costs_itself_only(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, bert = inhabit(lab, "anna", "bert")
    anna.config(str(anna.sync("one")), str(anna.sync("two")))
    bert.config(str(bert.sync()))

    def slow(root: bytes, virtual_files: str = "off") -> object:
        if root.endswith(b"anna/two"):
            time.sleep(60)
        return walk(root, virtual_files)

    monkeypatch.setattr(folders, "walk", slow)
    monkeypatch.setattr(hostfacts, "SILENT_SECONDS", 3.0)
    before = time.monotonic()
    facts = look(lab)
    assert time.monotonic() - before < 50
    assert [(profile.user, [one.state for one in profile.folders]) for profile in facts.profiles] == [
        ("anna", ["ok", "unwalked"]),
        ("bert", ["ok"]),
    ]
    assert "in time" in facts.profiles[0].folders[1].detail
    assert [problem.code for problem in facts.problems] == ["timeout"]


def test_what_a_tree_keeps_to_itself_is_said(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (anna,) = inhabit(lab, "anna")
    anna.config(str(anna.sync()))
    monkeypatch.setattr(folders, "WALK_SECONDS", -1.0)
    found = folder(only(look(lab)))
    assert found.state == "unwalked"
    assert "not walked to its end" in found.detail


def test_the_installed_client_of_a_lab_host(lab: Path) -> None:
    (anna,) = inhabit(lab, "anna")
    anna.config()
    program = lab / "usr/bin/nextcloud"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\ntest -d "$HOME" && test "$1" = --version && echo "Nextcloud version 3.16.7git"\n')
    program.chmod(0o755)
    (client,) = look(lab).clients
    assert (client.kind, client.version, client.qt) == ("binary", "3.16.7", None)


@pytest.mark.parametrize(
    ("package", "version"),
    [("3.7.3-1+deb12u2", "3.7.3"), ("2:3.16.7-1~deb13u1", "3.16.7"), ("33.0.0", "33.0.0"), ("", "")],
)
def test_versions_of_packages(package: str, version: str) -> None:
    assert installed.upstream(package) == version


def test_secrets_on_a_command_line_are_masked() -> None:
    argv = ("nextcloud", "--userid", "eva", "--apppassword", "hunter2", "--apppassword=hunter2", "--background")
    shown = gather.client_facts(Process(1, 1, "/usr/bin/nextcloud", argv, 0.0, "1"))
    assert shown is not None
    assert shown["arguments"] == ["--userid", "eva", "--apppassword", "***", "--apppassword=***", "--background"]


def test_the_people_of_this_machine() -> None:
    found = {person.name: person for person in people.people("/", [0])}
    assert found["root"].uid == 0
    assert all(os.path.isabs(person.home) and person.home != "/" for person in found.values())  # noqa: PTH117


# real users: what lies in a home must not make root read, own or hang


@as_root
def test_two_users_each_in_their_own_name(strangers: list[Home]) -> None:
    anna, bert = strangers
    for home in strangers:
        home.config(str(home.sync()))
        home.give()
        home.path.chmod(0o700)
    facts = look()
    assert [(profile.user, folder(profile).files) for profile in facts.profiles] == [("anna", 4), ("bert", 4)]
    assert anna.person.uid != bert.person.uid


@as_root
@pytest.mark.parametrize("secret", ["/etc/shadow", "BERT/.config/Nextcloud/nextcloud.cfg"])
def test_a_link_in_place_of_the_configuration(strangers: list[Home], secret: str) -> None:
    anna, bert = strangers
    bert.config(extra=b"[Secret]\nword=hunter2\n")
    bert.give()
    path = anna.config()
    path.unlink()
    path.symlink_to(secret.replace("BERT", str(bert.path)))
    anna.give()
    facts = look("/", "anna")
    assert only(facts).config.state == "link"
    assert "hunter2" not in facts.model_dump_json()


@as_root
def test_a_linked_folder_in_place_of_the_configurations_folder(strangers: list[Home]) -> None:
    anna, bert = strangers
    file = bert.config(extra=b"[Secret]\nword=hunter2\n")
    bert.give()
    (anna.path / ".config").mkdir()
    (anna.path / ".config/Nextcloud").symlink_to(file.parent)
    anna.give()
    readable = look("/", "anna")
    assert only(readable).config.state == "foreign-owner"
    bert.path.chmod(0o700)
    shut = look("/", "anna")
    assert only(shut).config.state == "unreadable"
    assert only(shut).config.content == ""


@as_root
def test_folders_outside_a_users_reach(strangers: list[Home]) -> None:
    anna, bert = strangers
    bert.sync()
    bert.give()
    paths = ["/", "/root", "/etc", str(bert.path / "Nextcloud"), str(anna.path / "link"), "relative", "/dev/null"]
    (anna.path / "link").symlink_to("/etc")
    anna.config(*paths)
    anna.give()
    states = [one.state for one in only(look("/", "anna")).folders]
    assert states == ["root", "foreign-owner", "foreign-owner", "outside-home", "link", "relative", "not-a-folder"]
    assert sum(one.files for one in only(look("/", "anna")).folders) == 0


@as_root
def test_nothing_in_a_home_changes_hands_or_appears(strangers: list[Home]) -> None:
    anna, _bert = strangers
    sync = anna.sync()
    anna.config(str(sync))
    os.mkfifo(sync / "pipe")
    os.mkfifo(sync / ".sync_1.db")
    anna.give()
    before = {path: path.lstat() for path in anna.path.rglob("*")}
    profile = only(look("/", "anna"))
    after = {path: path.lstat() for path in anna.path.rglob("*")}
    assert folder(profile).state == "ok"
    assert {path: (info.st_uid, info.st_mtime_ns, info.st_ctime_ns) for path, info in before.items()} == {
        path: (info.st_uid, info.st_mtime_ns, info.st_ctime_ns) for path, info in after.items()
    }


@as_root
def test_a_user_who_is_not_root_sees_himself_only(strangers: list[Home]) -> None:
    anna, bert = strangers
    anna.config()
    bert.config()
    anna.give()
    bert.give()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(ANNA)
            os.setuid(ANNA)
            os.write(write, json.dumps(hostfacts.look("/", ["anna", "bert"])).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as stream:
        facts = HostFacts(**json.load(stream))
    assert [profile.user for profile in facts.profiles] == ["anna"]
    assert [problem.code for problem in facts.problems] == ["not-admin"]
    assert not facts.system.admin
