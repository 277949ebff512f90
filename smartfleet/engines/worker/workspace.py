"""The private folder of one playbook run: what Ansible reads and writes, gone when the run is over."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smartfleet.engines.programs import search_path
from smartfleet.engines.variables import vars_file
from smartfleet.masters import end_masters

HOSTS = "hosts.txt"
_LARGEST_RESULT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Workspace:
    """A folder that only the caller may enter (0700). No secret is ever written into it."""

    folder: Path

    @classmethod
    def make(cls, playbooks: Path, folder: str = "") -> Workspace:
        """With a way to `playbooks` where a stream from another machine looks for them. `folder`: its path, if the
        controller wants a certain one, which must not exist. OSError, with nothing left, where it cannot be made.
        """
        if folder:
            Path(folder).mkdir(mode=0o700)
        workspace = cls(Path(folder or tempfile.mkdtemp(prefix="smartfleet-")))
        try:
            for name in ("env", "cp", "local", "project"):
                (workspace.folder / name).mkdir(mode=0o700)
            (workspace.folder / "project" / "playbooks").symlink_to(playbooks)
        except OSError:
            workspace.remove()
            raise
        return workspace

    def fill(self, hosts: Collection[str], variables: Mapping[str, Any], *, given: bool) -> None:
        """What the playbook is told; `given`: the stream brings an order for each host."""
        told = dict(variables)
        told["smartfleet_hosts"] = self.write("hosts.json", json.dumps(sorted(hosts)))
        # for a stream that names the admin's whole inventory
        self.write(HOSTS, "".join(f"{host}\n" for host in hosts))
        told["smartfleet_stop_file"] = self.stop_file
        if given:
            told["smartfleet_orders"] = self.folder / "orders"
        # ansible-runner hands a file of this name to Ansible as it stands
        self.write("env/extravars", vars_file(told))

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def stop_file(self) -> Path:
        """Once it exists, the playbooks begin no further host."""
        return self.folder / "stop"

    @property
    def words(self) -> Path:
        """What the program that runs the playbook wrote on stderr."""
        return self.folder / "stderr"

    def environment(self, outer: Mapping[str, str]) -> dict[str, str]:
        """For the program that runs the playbook; `outer` is this process's."""
        return {
            **outer,
            "PATH": search_path(outer),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.folder / "cp"),
            # ansible-runner drops larger results without a word
            "MAX_EVENT_RES": str(_LARGEST_RESULT),
        }

    def remove(self) -> None:
        """Ends the SSH masters that lie in the folder, and removes it."""
        end_masters(self.folder / "cp")
        shutil.rmtree(self.folder, ignore_errors=True)
