"""Which processes are desktop clients, whose, and how they are stopped and started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import desktop, processes
from ansible_collections.smartde.nextcloud.plugins.module_utils.dropped import DroppedError
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.processes import Process, alive, clients, first

from tests.unit.fake_bus import FakeBus

CLIENT = """#!{python}
import pathlib, signal, sys, time
home = pathlib.Path(__file__).parent
if "--quit" in sys.argv:
    (home / "quit").touch()
    sys.exit()
if "immortal" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
(home / "up").touch()
while "polite" not in sys.argv or not (home / "quit").exists():
    time.sleep(0.02)
"""


def make(pid: int = 1, **more: Any) -> Process:
    base: dict[str, Any] = {"uid": 1, "exe": "/usr/bin/nextcloud", "argv": ("nextcloud",), "started": 0.0, "mark": "1"}
    return Process(pid, **{**base, **more})


def wait_for(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def me(tmp_path: Path) -> Person:
    return Person("me", os.geteuid(), os.getegid(), str(tmp_path))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A lab host with a client in its usr/bin."""
    program = tmp_path / "usr/bin/nextcloud"
    program.parent.mkdir(parents=True)
    program.write_text(CLIENT.format(python=sys.executable))
    program.chmod(0o755)
    return tmp_path


@pytest.fixture
def run(root: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the lab host's client by hand."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen([root / "usr/bin/nextcloud", *arguments], env={"HOME": str(root)})
        started.append(child)
        wait_for((root / "usr/bin/up").exists)
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()


def seen(child: subprocess.Popen[bytes]) -> list[Process]:
    return [process for process in clients() if process.pid == child.pid]


def test_a_client_that_is_a_script_is_found(run: Callable[..., subprocess.Popen[bytes]], root: Path) -> None:
    before = time.time()
    (found,) = seen(run("--background", "--logfile", "a b\nc"))
    assert found.arguments == ("--background", "--logfile", "a b\nc")
    assert found.uid == os.geteuid()
    assert found.environ["HOME"] == str(root)
    assert abs(found.started - before) < 5
    assert processes.config_folder(found, "/other") == f"{root}/.config/Nextcloud"
    assert alive(found)


def test_a_process_that_has_ended_is_no_client(run: Callable[..., subprocess.Popen[bytes]]) -> None:
    child = run()
    (found,) = seen(child)
    child.terminate()
    wait_for(lambda: Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    assert not alive(found)
    assert seen(child) == []
    child.wait()
    assert not alive(found)


def test_a_call_that_only_answers_is_no_client(run: Callable[..., subprocess.Popen[bytes]]) -> None:
    assert seen(run("--version")) == []


def test_a_pid_that_came_again_is_another_process() -> None:
    own = make(os.getpid(), mark="1")
    assert not alive(own)


@pytest.mark.parametrize(
    ("argv", "environ", "folder"),
    [
        (["nextcloud"], {}, "/home/u/.config/Nextcloud"),
        (["nextcloud"], {"HOME": "/h"}, "/h/.config/Nextcloud"),
        (["nextcloud"], {"XDG_CONFIG_HOME": "/x/"}, "/x/Nextcloud"),
        (["nextcloud"], {"XDG_CONFIG_HOME": "relative"}, "/home/u/.config/Nextcloud"),
        (["nextcloud", "--confdir", "/c"], {"XDG_CONFIG_HOME": "/x"}, "/c"),
        (["python3", "/opt/nextcloud", "--confdir=c/../d"], {}, "/start/d"),
        (["nextcloud", "--confdir"], {}, "/home/u/.config/Nextcloud"),
    ],
)
def test_the_configuration_of_a_process(argv: list[str], environ: dict[str, str], folder: str) -> None:
    assert processes.config_folder(make(argv=tuple(argv), environ=environ, cwd="/start"), "/home/u") == folder


def test_in_a_lab_the_home_tells_whose_a_process_is() -> None:
    two = [make(1, environ={"HOME": "/lab/a"}), make(2, environ={"HOME": "/lab/b"}), make(3, uid=2)]
    assert processes.of_person(two, 1, "/lab/a") == two[:2]
    assert processes.of_person(two, 1, "/lab/a", "/lab") == two[:1]


def test_links_to_the_configuration_folder_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    mine = make(argv=("nextcloud", "--confdir", str(tmp_path / "link")))
    assert processes.of_folder([mine, make(2)], 1, str(tmp_path / "real"), "/home/u") == [mine]


def test_the_client_among_its_helpers() -> None:
    helpers = [make(5, parent=4, started=2.0), make(4, parent=1, started=2.0), make(9, parent=1, started=3.0)]
    found = first(helpers)
    assert found is not None
    assert found.pid == 4
    assert first([]) is None


def test_the_list_of_ps_on_a_mac() -> None:
    text = (
        "    1     0     0 Sun Nov 22 05:53:05 2026     /sbin/launchd\n"
        "  642     1   501 Sun Nov 22 06:00:00 2026     /Applications/N.app/Contents/MacOS/Nextcloud --background\n"
        "  643     1   501 Sun Nov 22 06:00:00 2026     /usr/bin/nextcloudcmd x\n"
        "garbage\n"
    )
    (found,) = processes.parse_ps(text)
    assert (found.pid, found.uid, found.parent, found.arguments) == (642, 501, 1, ("--background",))
    assert found.started == time.mktime((2026, 11, 22, 6, 0, 0, 0, 0, -1))


def test_stop_and_start(me: Person, root: Path, run: Callable[..., subprocess.Popen[bytes]]) -> None:
    child = run("polite", "--apppassword", "x")
    (running,) = seen(child)
    env = {"HOME": me.home, "PATH": "/usr/bin:/bin", "MARK": "1"}
    assert desktop.stop(me, [running], env, str(root)) == "quit"
    child.wait()
    assert desktop.stop(me, [running], env, str(root)) == "not-running"
    (root / "usr/bin/quit").unlink()
    pid = desktop.start(me, env, desktop.launch_argv(running, root=str(root)), str(root), stay=0.3)
    try:
        (again,) = [process for process in clients() if process.pid == pid]
        assert again.arguments == ("polite", "--background")
        assert again.environ["MARK"] == "1"
        assert again.environ["PATH"].startswith(f"{root}/usr/bin:")
        assert again.cwd == me.home
        assert os.getsid(pid) == pid
        open_files = {entry.name: str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
        assert open_files == dict.fromkeys("012", "/dev/null")
    finally:
        assert desktop.stop(me, [again], env, str(root)) == "quit"


def test_a_client_that_does_not_listen_is_terminated(
    me: Person, root: Path, run: Callable[..., subprocess.Popen[bytes]]
) -> None:
    child = run("deaf")
    assert desktop.stop(me, seen(child), {"HOME": me.home}, str(root), 0.2, 5) == "terminated"


def test_a_client_that_will_not_stop_is_left_alone(
    me: Person, root: Path, run: Callable[..., subprocess.Popen[bytes]]
) -> None:
    child = run("immortal")
    with pytest.raises(DroppedError) as caught:
        desktop.stop(me, seen(child), {"HOME": me.home}, str(root), 0.2, 0.2)
    assert caught.value.code == "client-will-not-stop"
    assert child.poll() is None


@pytest.mark.parametrize(
    ("argv", "code"), [(["no-such-client"], "client-not-found"), (["true"], "client-did-not-stay")]
)
def test_a_start_that_fails_says_so(me: Person, argv: list[str], code: str) -> None:
    with pytest.raises(DroppedError) as caught:
        desktop.start(me, {"PATH": "/usr/bin:/bin"}, argv, stay=5)
    assert caught.value.code == code


def test_a_started_client_is_handed_to_the_users_systemd(me: Person, tmp_path: Path) -> None:
    seen_units = []

    def adopt(_path: str, unit: str, mode: str, properties: list[Any], _aux: object) -> Any:
        seen_units.append((unit, mode, dict(properties)["PIDs"]))
        return "o", ("/job/1",)

    methods = {("org.freedesktop.systemd1.Manager", "StartTransientUnit"): adopt}
    with FakeBus(tmp_path, methods, {"org.freedesktop.systemd1"}) as peer:
        env = {"PATH": "/usr/bin:/bin", "DBUS_SESSION_BUS_ADDRESS": peer.address}
        pid = desktop.start(me, env, ["sleep", "1.5"], stay=0.1)
    assert seen_units == [(f"app-nextcloud-{pid}.scope", "fail", ("au", [pid]))]


@pytest.mark.parametrize(
    ("client", "kind", "argv"),
    [
        (None, "", ["nextcloud", "--background"]),
        (None, "flatpak", ["flatpak", "run", desktop.FLATPAK, "--background"]),
        (None, "snap", ["snap", "run", desktop.SNAP, "--background"]),
        (make(argv=("/opt/nextcloud", "--background", "-x")), "", ["/usr/bin/nextcloud", "--background", "-x"]),
        (
            make(exe="/tmp/.mount_x/nextcloud", environ={"APPIMAGE": "/a/N.AppImage"}),
            "",
            ["/a/N.AppImage", "--background"],
        ),
        (make(exe="/usr/bin/python3", argv=("python3", "/o/nextcloud")), "", ["nextcloud", "--background"]),
        (
            make(argv=("nextcloud", "--userid", "u", "--apppassword", "p", "--serverurl=x", "--confdir", "/c")),
            "",
            ["/usr/bin/nextcloud", "--confdir", "/c", "--background"],
        ),
    ],
)
def test_how_a_client_is_started_again(client: Process | None, kind: str, argv: list[str]) -> None:
    assert desktop.launch_argv(client, kind) == argv
