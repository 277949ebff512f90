"""Configurations, folders and journals in homes whose owners may have prepared them."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import configs, journals
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.processes import Process
from ansible_collections.smartde.nextcloud.plugins.module_utils.reach import folder_state

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
UID = os.geteuid()
CONFIG = b"[General]\nclientVersion=3.7.3\n[Accounts]\nversion=2\n0\\url=http://old\n0\\version=1\n"


def person(home: Path) -> Person:
    return Person("me", UID, os.getegid(), str(home))


def put(path: Path, data: bytes = CONFIG) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def client(home: Path, *arguments: str, **environ: str) -> Process:
    environ = {"HOME": str(home), **environ}
    return Process(7, UID, "/usr/bin/nextcloud", ("nextcloud", *arguments), 0.0, "1", cwd="/", environ=environ)


# places


@pytest.mark.parametrize(
    ("path", "kind", "platform"),
    [
        (".config/Nextcloud", "standard", "linux"),
        (".local/share/Nextcloud", "legacy", "linux"),
        (configs.FLATPAK, "flatpak", "linux"),
        ("snap/nextcloud-desktop-client/current/.config/Nextcloud", "snap", "linux"),
        ("Library/Preferences/Nextcloud", "standard", "darwin"),
        (configs.CONTAINER, "sandbox", "darwin"),
    ],
)
def test_every_place_is_found(tmp_path: Path, path: str, kind: str, platform: str) -> None:
    file = put(tmp_path / path / "nextcloud.cfg")
    assert configs.places(person(tmp_path), [], platform) == [configs.Place(str(file), kind)]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / ".config/Nextcloud").mkdir(parents=True)
    assert configs.places(person(tmp_path), []) == []
    assert configs.places(person(tmp_path / "gone"), []) == []


def test_running_clients_tell_of_further_places(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "xdg"
    put(own / "nextcloud.cfg")
    running = [client(tmp_path, "--confdir", str(own)), client(tmp_path, XDG_CONFIG_HOME=str(other)), client(tmp_path)]
    found = configs.places(person(tmp_path), running)
    assert [(place.path, place.kind, place.clients) for place in found] == [
        (f"{tmp_path}/.config/Nextcloud/nextcloud.cfg", "standard", [running[2]]),
        (f"{own}/nextcloud.cfg", "confdir", [running[0]]),
        (f"{other}/Nextcloud/nextcloud.cfg", "standard", [running[1]]),
    ]


def test_a_legacy_place_that_links_to_the_standard_one_is_one_place(tmp_path: Path) -> None:
    put(tmp_path / ".config/Nextcloud/nextcloud.cfg")
    (tmp_path / ".local/share").mkdir(parents=True)
    (tmp_path / ".local/share/Nextcloud").symlink_to(tmp_path / ".config/Nextcloud")
    assert [place.kind for place in configs.places(person(tmp_path), [])] == ["standard"]


# files


def _link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 40)


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (put, "ok"),
        (lambda path: put(path, b""), "empty"),
        (lambda path: put(path, b"x" * (configs.SIZE_LIMIT + 1)), "too-large"),
        (lambda path: put(path, b"#" * 10_000_000), "too-large"),
        (_sparse, "too-large"),
        (_link, "link"),
        (lambda path: path.symlink_to(path), "link"),
        (lambda path: path.symlink_to("/dev/zero"), "link"),
        (os.mkfifo, "not-a-file"),
        (_socket, "not-a-file"),
        (Path.mkdir, "not-a-file"),
        (Path.exists, "absent"),
    ],
)
def test_reading_never_follows_hangs_or_swells(tmp_path: Path, make: Callable[[Path], object], state: str) -> None:
    make(tmp_path / "nextcloud.cfg")
    found = configs.read(str(tmp_path / "nextcloud.cfg"), UID)
    assert found.state == state
    assert (found.data == CONFIG) == (state == "ok")


@as_root
def test_a_file_of_somebody_else_is_not_read(tmp_path: Path) -> None:
    os.chown(put(tmp_path / "nextcloud.cfg"), 4711, 4711)
    found = configs.read(str(tmp_path / "nextcloud.cfg"), UID)
    assert (found.state, found.data) == ("foreign-owner", b"")


def test_a_file_that_changes_all_the_time(tmp_path: Path) -> None:
    path = put(tmp_path / "nextcloud.cfg", CONFIG * 10000)
    stop = threading.Event()

    def grow() -> None:
        while not stop.is_set():
            with path.open("ab") as stream:
                stream.write(b"#\n")

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        states = {configs.read(str(path), UID).state for _ in range(20)}
    finally:
        stop.set()
        thread.join()
    assert states <= {"ok", "unreadable", "too-large"}


@pytest.mark.parametrize(
    "data",
    [b"\x7fELF\0\0\0\1", b"[Accounts\n0\\url=x\n", b'[Accounts]\n0\\url="never closed\n', bytes(range(256)) * 40],
)
def test_what_is_no_configuration_is_broken(tmp_path: Path, data: bytes) -> None:
    file = put(tmp_path / "nextcloud.cfg", data)
    facts, ini = configs.document(configs.Place(str(file), "standard"), configs.read(str(file), UID))
    assert facts["state"] == "broken"
    assert "content" not in facts
    assert ini is None


def test_plain_text_passwords_are_masked_and_nothing_else_changes() -> None:
    data = CONFIG + b"0\\http_password=hunter2\n[Proxy]\npass=aHVudGVyMg==\nhost=proxy\n"
    masked, keys = configs.mask(data)
    assert keys == ["Accounts/0\\http_password", "Proxy/pass"]
    assert masked == data.replace(b"hunter2", configs.MASK).replace(b"aHVudGVyMg==", configs.MASK)
    assert configs.mask(CONFIG) == (CONFIG, [])


def test_a_password_that_stands_there_twice_is_masked_twice() -> None:
    masked, keys = configs.mask(b"[Proxy]\npass=first\npass=second\npass=\n")
    assert masked == b"[Proxy]\npass=%s\npass=%s\npass=\n" % (configs.MASK, configs.MASK)
    assert keys == ["Proxy/pass"]


# folders


@pytest.mark.parametrize(
    ("path", "state"),
    [
        (b"", "missing"),
        (b"Nextcloud/", "relative"),
        (b"C:/Users/eva/Nextcloud", "relative"),
        (b"/x\0y", "relative"),
        (b"/", "root"),
        (b"//", "root"),
        (b"/tmp/..", "root"),
        (b"/no/such/folder/", "missing"),
        (b"/etc/passwd/x", "missing"),
        (b"/etc/passwd", "not-a-folder"),
        (b"/" + b"x" * 300, "unreadable"),
    ],
)
def test_folders_that_are_not_walked(path: bytes, state: str) -> None:
    assert folder_state(path, UID, [])[0] == state


def test_folders_in_and_outside_a_home(tmp_path: Path) -> None:
    for name in ("me/Nextcloud", "disk/me", "bob/Nextcloud", "bobby"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "me/link").symlink_to("Nextcloud")
    (tmp_path / "me/bob").symlink_to(tmp_path / "bob")
    (tmp_path / "me/up").symlink_to("/")
    homes = [str(tmp_path / "bob"), "/nonexistent"]

    def state(name: str) -> str:
        return folder_state(os.fsencode(tmp_path / name), UID, homes)[0]

    assert [state(name) for name in ("me", "me/Nextcloud", "disk/me", "bobby")] == ["ok"] * 4
    assert [state(name) for name in (".", "me/..", "me/../bob/..")] == ["root"] * 3
    assert [state(name) for name in ("bob", "bob/Nextcloud", "me/../bob", "me/bob/Nextcloud")] == ["outside-home"] * 4
    assert [state(name) for name in ("me/link", "me/link/", "me/bob")] == ["link"] * 3
    assert state("me/up") == "root"


def test_a_folder_name_of_any_bytes(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe {{ x }}\n"
    os.mkdir(path)  # noqa: PTH102 - pathlib has no bytes
    assert folder_state(path + b"/", UID, []) == ("ok", "")


@as_root
def test_a_folder_of_somebody_else() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, 4711, 4711)
        assert folder_state(os.fsencode(folder), UID, [])[0] == "foreign-owner"


# journals


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[bytes]:
    """A sync folder whose journal is open in a client: locked, and with everything still in the -wal."""
    database = sqlite3.connect(tmp_path / ".sync_0.db")
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA locking_mode=EXCLUSIVE; PRAGMA wal_autocheckpoint=0;")
    database.execute("CREATE TABLE metadata(path TEXT, type INT, filesize INT, modtime INT, md5 TEXT, fileid TEXT)")
    database.execute("INSERT INTO metadata VALUES('a', 0, 1, 2, 'e', '00000001ocabc')")
    database.commit()
    yield os.fsencode(tmp_path)
    database.close()


def test_a_journal_in_use_is_read_with_its_log(folder: bytes, tmp_path: Path) -> None:
    with journals.copied(folder, ".sync_0.db", UID) as copy:
        facts = journals.document(folder, ".sync_0.db", copy)
    assert (facts["state"], facts["files"], facts["instance_ids"]) == ("ok", 1, ["ocabc"])
    assert facts["inode"] == (tmp_path / ".sync_0.db").stat().st_ino
    assert not Path(os.fsdecode(copy)).parent.exists()


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (Path.exists, "absent"),
        (_link, "unreadable"),
        (os.mkfifo, "unreadable"),
        (Path.mkdir, "unreadable"),
        (_sparse, "unreadable"),
        (_socket, "unreadable"),
    ],
)
def test_journals_that_are_not_read(tmp_path: Path, make: Callable[[Path], object], state: str) -> None:
    make(tmp_path / ".sync_0.db")
    with pytest.raises(journals.JournalFileError) as caught, journals.copied(os.fsencode(tmp_path), ".sync_0.db", UID):
        pass
    assert caught.value.state == state


def test_a_log_that_is_a_trap_is_left_out(folder: bytes, tmp_path: Path) -> None:
    plain = tmp_path / "x"
    plain.mkdir()
    shutil.copy(tmp_path / ".sync_0.db", plain / ".sync_0.db")
    os.mkfifo(plain / ".sync_0.db-wal")
    assert folder
    with journals.copied(os.fsencode(plain), ".sync_0.db", UID) as copy:
        assert not Path(os.fsdecode(copy) + "-wal").exists()


@pytest.mark.parametrize("name", ["../.sync_0.db", "/etc/passwd", "", "..", "a/b"])
def test_a_journal_name_that_is_a_path_is_not_opened(folder: bytes, name: str) -> None:
    with pytest.raises(journals.JournalFileError), journals.copied(folder, name, UID):
        pass
