"""Secrets that are planted, and looked for in everything that was written or shown on the way there and back.

Where they may be is where the users themselves keep them: the keyring (in the lab, the memory of its daemon) and, for
a password that an old client left there, the user's own nextcloud.cfg. Such a profile is refused, so it has no backup.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from smartfleet.cli.main import main
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost, LabUser, SignedIn, documents
from smartfleet.lab.lab import Lab

BECOME = "Bec0me/+geheim?ü ~8"
LEGACY = "Altes/Paßwort+von?2016"
PROXY = "Pr0xy~geheim/&+2015"

# Asks for the password as sudo does, and takes it only if its digest is the right one.
SUDO = """#!/bin/sh
prompt= ask=
while [ "${1#-}" != "$1" ]; do
  case "$1" in -p) prompt=$2; shift 2;; -u) shift 2;; -S) ask=yes; shift;; *) shift;; esac
done
[ -n "$ask" ] || { echo 'sudo: a password is required' >&2; exit 1; }
printf %s "$prompt" >&2
IFS= read -r given
[ "$(printf %s "$given" | sha256sum)" = 'DIGEST  -' ] || { echo 'Sorry, try again.' >&2; exit 1; }
exec "$@"
"""


def needles(secret: str) -> set[bytes]:
    """The secret as it could be hidden: raw, in hex, in a URL, and in base64 wherever in a longer text it stands."""
    raw = secret.encode()
    found = {raw, binascii.hexlify(raw), binascii.hexlify(raw).upper(), quote(secret, safe="").encode()}
    found |= {quote(secret).encode(), secret.encode("unicode_escape"), secret.encode("utf-16-le")}
    for before in range(3):
        padded = base64.b64encode(b"\0" * before + raw)
        # the first and the last characters hang on what stands beside it
        whole = padded[(0, 2, 3)[before] : (before + len(raw)) // 3 * 4]
        found |= {whole, whole.translate(bytes.maketrans(b"+/", b"-_"))}
    return {one for one in found if len(one) > 8}


class Search:
    """What to look for, and where it was found."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self.needles = {needle: name for name, secret in secrets.items() for needle in needles(secret)}
        self.found: set[tuple[str, str]] = set()

    def look(self, data: bytes, place: str) -> None:
        self.found |= {(name, place) for needle, name in self.needles.items() if needle in data}

    def look_in(self, folder: Path, *, but: tuple[Path, ...] = ()) -> int:
        """Every file below `folder`; how many there were."""
        count = 0
        for path in [Path(top, name) for top, _folders, names in os.walk(folder) for name in names]:
            if path.is_symlink() or not path.is_file() or path in but:
                continue
            try:
                data = path.read_bytes()
            except OSError:  # gone again
                continue
            count += 1
            self.look(data, str(path))
            if data.startswith(b"\x1f\x8b"):
                self.look(gzip.decompress(data), str(path))
        return count


class Watch(threading.Thread):
    """Looks, while commands run, at every process's arguments and environment and at the temporary files."""

    def __init__(self, search: Search, temporary: Path) -> None:
        super().__init__(daemon=True)
        self.search = search
        self.temporary = temporary
        self.ended = threading.Event()
        self.looked = 0.0
        self.seen = {"arguments": 0, "files": 0}

    def run(self) -> None:
        while not self.ended.wait(0.25):
            for process in Path("/proc").iterdir():
                if process.name.isdigit() and int(process.name) != os.getpid():
                    self._process(process)
            if time.monotonic() > self.looked + 0.5:
                self.looked = time.monotonic()
                self.seen["files"] += self.search.look_in(self.temporary)

    def _process(self, process: Path) -> None:
        for name in ("cmdline", "environ"):
            try:
                data = (process / name).read_bytes()
            except OSError:
                continue
            self.seen["arguments"] += 1
            self.search.look(data, f"{name} of {data.partition(bytes(1))[0]!r}")

    def stop(self) -> None:
        self.ended.set()
        self.join()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The controller's temporary folder; short, for sockets lie in it."""
    assert tmp_path.exists()
    with tempfile.TemporaryDirectory(prefix="sf-", dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


@pytest.fixture
def fleet(lab: Lab, host: LabHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One host whose sudo wants a password; Ansible tells all it knows, to its own log as well."""
    folder = write_fleet(lab, [host], folder=tmp_path / "fleet")
    inventory = folder / "inventory/hosts.yml"
    document = yaml.safe_load(inventory.read_text())
    document["all"]["vars"]["ansible_become"] = True
    inventory.write_text(yaml.safe_dump(document))
    program = host.root / "usr/bin/sudo"
    program.write_text(SUDO.replace("DIGEST", hashlib.sha256(BECOME.encode()).hexdigest()))
    program.chmod(0o755)
    monkeypatch.setenv("ANSIBLE_VERBOSITY", "4")
    monkeypatch.setenv("ANSIBLE_DEBUG", "1")
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(folder / "ansible.log"))
    monkeypatch.setattr("click.prompt", lambda *_, **__: BECOME)
    return folder


def anna_of(lab: Lab, host: LabHost) -> tuple[LabUser, str]:
    password = lab.add_account("anna-of-secrets")
    lab.put_all("anna-of-secrets", documents(3, 4))
    user = host.add_user("anna")
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, "anna-of-secrets", password))
    user.start_client()
    user.wait_synced("Nextcloud")
    return user, password


def bert_of(lab: Lab, host: LabHost) -> LabUser:
    """His client is so old that his passwords stand in its configuration; he is logged on nowhere."""
    user = host.add_user("bert")
    user.config.parent.mkdir(parents=True)
    lines = [
        "[General]\nclientVersion=2.1.1\n\n[Accounts]",
        f"0\\http_password={LEGACY}\n0\\http_user=bert\n0\\authType=http\n0\\url={lab.old_url}\n0\\version=1",
        f"\n[Proxy]\nhost=proxy.example\npass=@ByteArray({base64.b64encode(PROXY.encode()).decode()})\n",
    ]
    user.config.write_text("\n".join(lines))
    return user


def test_what_is_looked_for_would_be_found() -> None:
    for secret in (BECOME, LEGACY, PROXY):
        search = Search({"it": secret})
        for number, before in enumerate(("", "x", "xy", "xyz")):
            search.look(base64.b64encode(f"{before}{secret} and more".encode()), str(number))
        assert {place for _name, place in search.found} == {"0", "1", "2", "3"}


def test_no_secret_is_written_or_shown(
    lab: Lab, host: LabHost, fleet: Path, temporary: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _anna, password = anna_of(lab, host)
    bert = bert_of(lab, host)
    search = Search({"app password": password, "sudo's": BECOME, "in the configuration": LEGACY, "proxy's": PROXY})
    out = fleet.parent / "out"
    out.mkdir()

    def call(expected: int, *arguments: str, ask: bool = True) -> None:
        with pytest.raises(SystemExit) as caught:
            main([*arguments, "--fleet", str(fleet), *(["--ask-become-pass"] if ask else [])])
        told = capfd.readouterr()
        search.look((told.out + told.err).encode(), " ".join(arguments))
        assert caught.value.code == expected, told.err

    watch = Watch(search, temporary)
    watch.start()
    try:
        _there_and_back(call, host.name, out)
    finally:
        watch.stop()
    assert watch.seen["arguments"] > 100
    assert watch.seen["files"] > 10
    assert search.look_in(fleet) > 5
    assert (fleet / "ansible.log").stat().st_size > 10_000
    assert search.look_in(out) > 3
    assert search.look_in(host.root / "var/lib/smartfleet") > 5
    search.look_in(host.root, but=(bert.config,))
    search.look(lab.layout.log.read_bytes(), "the lab's log")
    assert search.found == set()


def _there_and_back(call: Callable[..., None], host: str, out: Path) -> None:
    plan = str(out / "plan.json")
    call(0, "doctor", "--format", "json")
    call(0, "audit", "--format", "json")
    call(0, "plan", "--out", plan, "--orders", str(out / "orders"), ask=False)
    call(3, "apply", plan, "--yes")
    call(0, "verify", "--level", "server")
    # one of the two was refused, so the host does not comply
    forms = [
        word
        for suffix in ("html", "json", "csv", "xml", "md", "prom")
        for word in ("--out", str(out / f"report.{suffix}"))
    ]
    call(10, "report", *forms, "--evidence", str(out / "evidence"), ask=False)
    call(10, "report", "--format", "json", ask=False)
    call(0, "show", host, ask=False)
    call(0, "rollback", "--yes", "--format", "json")
