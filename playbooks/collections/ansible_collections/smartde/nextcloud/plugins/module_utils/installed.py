"""Which desktop clients are installed: packages of the system, flatpak, snap, AppImage, app, or just a binary.

The Qt generation is read off the libraries that the program names, for it decides how the client writes text in its
configuration. With a root other than / (a lab host) only ROOT/usr/bin/nextcloud counts. macOS: the app's Info.plist,
written by the format's rules and not tried on a Mac.
"""

from __future__ import annotations

import mmap
import os
import plistlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Any, Iterable, Sequence

from .dropped import DroppedError, run_as
from .people import Person
from .processes import Process

PACKAGES = ("nextcloud-desktop", "nextcloud-client")
FLATPAK = "com.nextcloud.desktopclient.nextcloud"
APP = "/Applications/Nextcloud.app"
BINARY = "usr/bin/nextcloud"
SECONDS = 15.0
_QT = re.compile(rb"libQt([56])Core\.so")
_VERSION = re.compile(r"\d+(?:\.\d+)+")


def installations(root: str, running: Iterable[Process], users: Sequence[Person]) -> list[dict[str, Any]]:
    """`InstalledClient` documents. `users` are those with a profile: their programs are asked in their names."""
    if root != "/":
        return _binary(os.path.join(root, BINARY), users)
    if sys.platform == "darwin":
        return _app(APP)
    found = [*_dpkg(), *_rpm(), *_flatpak(), *_snap(), *_appimages(running)]
    if not any(one["kind"] == "package" for one in found):
        path = shutil.which("nextcloud", path="/usr/local/bin:/usr/bin:/opt/nextcloud/bin")
        found += _binary(path, users) if path else []
    return found


def qt_generation(path: str) -> int | None:
    """5 or 6, by the Qt library that the program, or the client's library beside it, was linked with."""
    real = os.path.realpath(path)
    candidates = [real, *_libraries(os.path.dirname(os.path.dirname(real)))]
    return next((found for found in map(_linked_qt, candidates) if found), None)


def upstream(version: str) -> str:
    """The client's own version out of a package's (``2:3.7.3-1+deb12u2`` -> ``3.7.3``)."""
    match = _VERSION.search(version.partition(":")[2] or version)
    return match.group() if match else version


def _linked_qt(path: str) -> int | None:
    try:
        with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            match = _QT.search(content)
            return int(match.group(1)) if match else None
    except (OSError, ValueError):  # missing, not readable, or empty
        return None


def _libraries(prefix: str) -> list[str]:
    folders = [os.path.join(prefix, name) for name in ("lib", "lib64")]
    folders += [os.path.join(folders[0], name) for name in _names(folders[0]) if name.endswith("-linux-gnu")]
    return [
        os.path.join(folder, name)
        for folder in folders
        for name in _names(folder)
        if name.startswith("libnextcloudsync.so")
    ]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _one(kind: str, name: str, version: str, path: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "version": upstream(version), "qt": qt_generation(path), "path": path}


def _dpkg() -> list[dict[str, Any]]:
    if not os.path.exists("/var/lib/dpkg/status"):
        return []
    listed = _output("dpkg-query", "-W", "-f=${db:Status-Status} ${Package} ${Version}\\n", *PACKAGES)
    rows = [line.split() for line in listed.splitlines()]
    return [_one("package", row[1], row[2], "/usr/bin/nextcloud") for row in rows if row[:1] == ["installed"]]


def _rpm() -> list[dict[str, Any]]:
    if shutil.which("rpm") is None:
        return []
    listed = _output("rpm", "-q", "--qf", "%{NAME} %{VERSION}\\n", *PACKAGES)
    rows = [line.split() for line in listed.splitlines()]
    found = [row for row in rows if len(row) == 2 and row[0] in PACKAGES]
    return [_one("package", row[0], row[1], "/usr/bin/nextcloud") for row in found]


def _flatpak() -> list[dict[str, Any]]:
    if shutil.which("flatpak") is None:
        return []
    listed = _output("flatpak", "list", "--app", "--columns=application,version")
    rows = [line.split() for line in listed.splitlines()]
    path = f"/var/lib/flatpak/app/{FLATPAK}/current/active/files/bin/nextcloud"
    return [_one("flatpak", FLATPAK, row[1], path) for row in rows if len(row) > 1 and row[0] == FLATPAK]


def _snap() -> list[dict[str, Any]]:
    """Snaps of a client; the one that is called nextcloud is the server."""
    if not os.path.isdir("/var/lib/snapd/snaps"):
        return []
    rows = [line.split() for line in _output("snap", "list").splitlines()]
    found = [row for row in rows if len(row) > 1 and row[0].startswith(("nextcloud-desktop", "nextcloud-client"))]
    return [_one("snap", row[0], row[1], f"/snap/{row[0]}/current/usr/bin/nextcloud") for row in found]


def _appimages(running: Iterable[Process]) -> list[dict[str, Any]]:
    """AppImages are installed nowhere: those that run are known. Their version is in the file's name, if anywhere.

    The image lies in a home, so nothing of it is opened; its mounted program is readable for its user alone.
    """
    images = {one.environ["APPIMAGE"] for one in running if one.environ.get("APPIMAGE")}
    found = []
    for image in sorted(images):
        name = os.path.basename(image)
        match = _VERSION.search(name)
        version = match.group() if match else ""
        found.append({"kind": "appimage", "name": name, "version": version, "qt": None, "path": image})
    return found


def _binary(path: str, users: Sequence[Person]) -> list[dict[str, Any]]:
    """A client that no package owns, by what it says of itself to one of its users."""
    if not os.path.exists(path) or not users:
        return []
    try:
        said = run_as(users[0], ask_version, path, timeout=SECONDS + 5)
    except DroppedError:
        said = ""
    return [_one("binary", "nextcloud", said, path)]


def ask_version(path: str) -> str:
    """What ``nextcloud --version`` says, with a home that is gone afterwards. To be called as a user."""
    with tempfile.TemporaryDirectory(prefix="smartfleet-") as home:
        env = {**os.environ, "HOME": home, "QT_QPA_PLATFORM": "offscreen"}
        env.update({f"XDG_{name}_HOME": home for name in ("CONFIG", "DATA", "CACHE")}, XDG_RUNTIME_DIR=home)
        said = _output(path, "--version", env=env)
    match = _VERSION.search(said)
    return match.group() if match else ""


def _app(path: str) -> list[dict[str, Any]]:
    try:
        with open(os.path.join(path, "Contents/Info.plist"), "rb") as stream:
            info = plistlib.load(stream)
    except (OSError, ValueError, plistlib.InvalidFileException):
        return []
    versions = _names(os.path.join(path, "Contents/Frameworks/QtCore.framework/Versions"))
    qt = 6 if "A" in versions else 5 if "5" in versions else None
    name, version = (str(info.get(key, "")) for key in ("CFBundleIdentifier", "CFBundleShortVersionString"))
    return [{"kind": "app", "name": name, "version": version, "qt": qt, "path": path}]


def _output(*command: str, env: dict[str, str] | None = None) -> str:
    """What a program prints, "" if it cannot be asked."""
    plain = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, env=env or plain, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
