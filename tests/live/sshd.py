"""A real sshd on loopback with its own configuration and host key, and the fleet folder that leads to it."""

from __future__ import annotations

import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from smartfleet.fleet.example import write_example
from tests.ports import free_port

CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
PasswordAuthentication no
UsePAM no
Subsystem sftp internal-sftp
AllowUsers {users}
"""


class Sshd:
    """``with Sshd(folder, ["admin"]) as sshd``: the users log in with `sshd.key`."""

    def __init__(self, folder: Path, users: list[str]) -> None:
        self.folder = folder
        self.key = folder / "admin_key"
        self.known_hosts = folder / "known_hosts"
        self.port = free_port()
        for key in ("host_key", "admin_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
        public = " ".join((folder / "host_key.pub").read_text().split()[:2])
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}\n")
        keys = folder / "authorized_keys"
        shutil.copy(folder / "admin_key.pub", keys)
        keys.chmod(0o644)
        config = folder / "sshd_config"
        config.write_text(CONFIG.format(port=self.port, folder=folder, users=" ".join(users)))
        self._command = [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", str(config)]

    def __enter__(self) -> Self:
        # where sshd gives up its rights; Debian makes it at boot
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.folder / "sshd.log").open("wb") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stderr=log)
        end = time.monotonic() + 180
        while not self._answers():
            assert time.monotonic() < end, (self.folder / "sshd.log").read_text()
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def fleet(self, folder: Path, admin: str, old: str, new: str) -> Path:
        """A fleet folder with this machine as its only host ``pc``."""
        options = [
            "-F /dev/null",
            "-o " + shlex.quote(f'UserKnownHostsFile="{self.known_hosts}"'),
            "-o GlobalKnownHostsFile=/dev/null",
            "-o IdentitiesOnly=yes",
        ]
        host = {
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            "ansible_user": admin,
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": " ".join(options),
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        (folder / "inventory").mkdir(parents=True)
        inventory = {"all": {"children": {"linux": {"hosts": {"pc": host}}}}}
        (folder / "inventory" / "hosts.yml").write_text(yaml.safe_dump(inventory))
        write_example(folder, [old], new)
        return folder
