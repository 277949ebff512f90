"""Packs what a shard's playbook run needs into the stream that ``ansible-runner worker`` reads.

The stream is what ``ansible-runner transmit`` writes (`ansible_runner/streaming.py` of ansible-runner 2.4): a line with
the arguments of the run, a line with the length of a zip archive, the archive in base64, a line that ends it. It is
written here because ansible-runner would want a folder with a file per host first, and would put the password for sudo
into a file; the tests have ansible-runner itself read it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import secrets
import stat
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smartfleet.engines.order import Order
from smartfleet.engines.orders import MSI, NEEDS_MSI, order_files
from smartfleet.engines.spool import Spool
from smartfleet.engines.worker.handing import SCRIPT, can_run_programs
from smartfleet.engines.worker.workspace import HOSTS
from smartfleet.errors import EngineError
from smartfleet.text import visible

if TYPE_CHECKING:
    # only types: it is no part of Python before 3.12
    from typing_extensions import Buffer

_EOF = b'{"eof": true}\n'
_BECOME = r"BECOME password.*:\s*?$"
_SETTINGS = ("ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_PIPELINING", "ANSIBLE_TIMEOUT")


@dataclass(frozen=True)
class Job:
    """One playbook as it is to be run, the same for all shards of a run.

    `folder`: Ansible's working folder, where its ansible.cfg may lie. `timeout`: for a connection, in seconds.
    `silence`: see `Order`.
    """

    playbook: Path
    inventory: Path
    folder: Path
    variables: Mapping[str, Any]
    forks: int
    timeout: int
    check: bool
    become_password: str | None = field(repr=False)
    silence: float


def pack(
    job: Job,
    orders: Mapping[str, Mapping[str, Any]] | None,
    exact: str | None,
    *,
    here: bool,
) -> Order:
    """The order for some hosts.

    `orders`: what is to be done on each, read one at a time. `exact`: an inventory of exactly these hosts, None where
    only the admin's will do. `here`: the worker sees this machine's files. EngineError if it does not and needs
    them, or if the payload cannot be kept.
    """
    if exact is None and not here:
        raise _needs_inventory()
    try:
        # a worker on this machine that may run no inventory script gets the admin's inventory
        alone = exact if not here or can_run_programs(Path(tempfile.gettempdir())) else None
        return _packed(job, orders, alone, here=here)
    except OSError as error:
        raise _not_kept(error) from error


def _packed(job: Job, orders: Mapping[str, Mapping[str, Any]] | None, exact: str | None, *, here: bool) -> Order:
    folder = None if exact is not None else Path(tempfile.gettempdir()) / f"smartfleet-{secrets.token_hex(4)}"
    spool = Spool()
    needs: tuple[str, ...] = ()
    with _Base64(spool) as archive_bytes, zipfile.ZipFile(archive_bytes, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in _files(job, orders, here=here):
            archive.writestr(_entry(entry), content, compresslevel=1)
            needs = (MSI,) if entry == f"orders/{NEEDS_MSI}" else needs
    spool.write(_EOF)
    head = _line({"kwargs": _arguments(job, folder, here=here)}) + _line({"zipfile": archive_bytes.length})
    total, size = hashlib.sha256(head), len(head)
    for block in spool.blocks():
        total.update(block)
        size += len(block)
    return Order(
        head=head,
        rest=spool,
        sha256=total.hexdigest(),
        size=size,
        inventory=exact,
        variables=job.variables,
        given=orders is not None,
        needs=needs,
        configured=_settings_file(job).is_file(),
        folder=folder,
        silence=job.silence,
    )


def _arguments(job: Job, folder: Path | None, *, here: bool) -> dict[str, Any]:
    """Of `ansible_runner.run`. A worker elsewhere has its own playbooks, in the project's folder."""
    options = [*(["--check"] if job.check else []), *(["--ask-become-pass"] if job.become_password is not None else [])]
    arguments: dict[str, Any] = {
        "playbook": str(job.playbook) if here else f"playbooks/{job.playbook.name}",
        "inventory": SCRIPT if folder is None else str(job.inventory),
        "forks": job.forks,
        "cmdline": " ".join(options),
        "envvars": _settings(job.timeout, os.environ),
        "ident": uuid.uuid4().hex,
        # ansible-runner would write `passwords` and `envvars` into files
        "suppress_env_files": True,
    }
    if here:
        arguments["project_dir"] = str(job.folder)
    if folder is not None:
        arguments["limit"] = f"@{folder / HOSTS}"
    if job.become_password is not None:
        arguments["passwords"] = {_BECOME: job.become_password}
    return arguments


def _settings(timeout: int, outer: Mapping[str, str]) -> dict[str, str]:
    """What the admin set in the environment wins where it is harmless; ansible-runner would check no host keys."""
    return {name: outer.get(name, value) for name, value in zip(_SETTINGS, ("True", "True", str(timeout)), strict=True)}


def _files(
    job: Job, orders: Mapping[str, Mapping[str, Any]] | None, *, here: bool
) -> Iterator[tuple[str, str | bytes]]:
    settings = _settings_file(job)
    if not here and settings.is_file():
        yield "project/ansible.cfg", settings.read_bytes()
    if orders is not None:
        for name, text in order_files(orders):
            yield f"orders/{name}", text


def _settings_file(job: Job) -> Path:
    return job.folder / "ansible.cfg"


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o600) << 16
    return entry


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode() + b"\n"


def _needs_inventory() -> EngineError:
    return EngineError(
        "engine/needs-inventory",
        "variables of these hosts speak of other hosts or of the inventory's own files",
        why="a worker elsewhere gets the hosts of its shard alone, so it could not work these variables out",
        do="write what they say into the hosts' own variables, or run these hosts with --engine local",
    )


def _not_kept(error: OSError) -> EngineError:
    return EngineError(
        "engine/spool",
        f"the payload of a shard cannot be made: {error.strerror or visible(str(error))}"
        + (f": {visible(str(error.filename))}" if error.filename else ""),
        why="nothing was begun on the shard's hosts",
        do="make room in the folder for temporary files or name another in TMPDIR; let more files be open (ulimit -n)",
    )


class _Base64(io.RawIOBase):
    """Writes what it is given in base64 into `spool`; a zip archive takes it for a pipe."""

    def __init__(self, spool: Spool) -> None:
        self.length = 0
        self._spool = spool
        self._left = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        given = bytes(data)
        self.length += len(given)
        whole = self._left + given
        cut = len(whole) - len(whole) % 3
        self._spool.write(base64.b64encode(whole[:cut]))
        self._left = whole[cut:]
        return len(given)

    def close(self) -> None:
        try:
            if not self.closed:
                self._spool.write(base64.b64encode(self._left))
        finally:
            super().close()
