"""`win_tree_manifest`: what the sync folders hold, listed for the controller, which compares."""

from __future__ import annotations

import base64
import gzip
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils import configs, excludes, journals
from ansible_collections.smartde.nextcloud.plugins.module_utils.accounts import Account, Folder, read_accounts
from ansible_collections.smartde.nextcloud.plugins.module_utils.digests import SHA1, Hashers, Request
from ansible_collections.smartde.nextcloud.plugins.module_utils.manifest import Item, read, write
from ansible_collections.smartde.nextcloud.plugins.module_utils.names import journal_name
from ansible_collections.smartde.nextcloud.plugins.module_utils.qsettings import parse
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import manifest_path, of_run, transactions
from ansible_collections.smartde.nextcloud.plugins.module_utils.walk import walk

from smartfleet.lab.windows import clients
from smartfleet.lab.windows.machine import Profile, WindowsMachine
from smartfleet.lab.windows.plays.arguments import WrongArgument, arguments
from smartfleet.lab.windows.plays.facts import require_real_root
from smartfleet.lab.windows.plays.people import config_places
from smartfleet.lab.windows.plays.reach import folder_state
from smartfleet.lab.winrm.machine import ModuleCall

LEVELS = ("size", "content", "journal", "server")
LATEST = "latest"


def tree_manifest(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    known = {
        "root": (str, "/"),
        "level": (str, "size"),
        "run": (str, ""),
        "profiles": (list, []),
        "users": (list, []),
        "examples": (int, 20),
        "ask_server": (bool, False),
        "timeout": (int, 7200),
        "bring": (bool, False),
        "bring_bytes": (int, 32 * 1024 * 1024),
    }
    given = arguments(call, known)
    require_real_root(given["root"])
    if given["level"] not in LEVELS:
        raise WrongArgument(f"value of level must be one of: {', '.join(LEVELS)}, got: {given['level']}")
    names = {one.user for one in machine.profiles()}
    problems = [
        {"code": "unknown-user", "message": f"there is no user {name}"} for name in given["users"] if name not in names
    ]
    work = _Work(machine, given, _manifests(machine, given["run"]))
    folders = [folder for profile in machine.profiles() for folder in work.profile(profile, problems)]
    return {"changed": False, "folders": folders, "problems": problems}


def _manifests(machine: WindowsMachine, run: str) -> dict[tuple[str, str], str]:
    """The folder of the latest transaction of each profile, of one run or of any."""
    root = os.fspath(machine.root)
    known = transactions(root) if run in ("", LATEST) else of_run(root, run)
    return {(one.user, one.config_path): one.folder for one in known}


@dataclass(frozen=True)
class _Work:
    machine: WindowsMachine
    given: Mapping[str, Any]
    manifests: Mapping[tuple[str, str], str]

    def profile(self, profile: Profile, problems: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
        wanted = {(one["user"], one["config_path"]) for one in self.given["profiles"]}
        if self.given["users"] and profile.user not in self.given["users"]:
            return
        for path, _kind in config_places(self.machine, profile):
            if wanted and (profile.user, path) not in wanted:
                continue
            try:
                content = configs.read(os.fspath(self.machine.drive.real(path)), os.geteuid())
                accounts = read_accounts(parse(content.data))
            except ValueError as error:
                problems.append({"code": "config-unreadable", "message": f"{profile.user}: {path}: {error}"})
                continue
            for account in accounts:
                for folder in account.folders:
                    yield self._folder(profile, path, account, folder)

    def _folder(self, profile: Profile, config: str, account: Account, folder: Folder) -> dict[str, Any]:
        text = folder.local_path.decode("utf-8", "replace")
        answer: dict[str, Any] = {
            "user": profile.user,
            "config_path": config,
            "account": account.number,
            "group": folder.group,
            "alias": folder.alias,
            "local_path": text,
            "url": account.url,
            "level": self.given["level"],
            "running": bool(clients.running(self.machine, profile.user)),
            "ignore_hidden": folder.ignore_hidden,
        }
        state, detail = folder_state(self.machine, text, profile, self.machine.profiles())
        answer |= {"state": state, "detail": detail}
        if state != "ok":
            return answer
        now = _Listing(self.machine, folder, text, content=self.given["level"] == "content")
        answer |= now.counts()
        before = self._before(profile, config, account, folder)
        answer |= before.told
        if self.given["bring"]:
            brought: dict[str, Any] = {"listing": _text(now.data), "before_listing": _text(before.data)}
            brought |= {"journal": _journal(now.real, account, folder), "excludes": self._excludes(config)}
            answer |= self._bounded(brought)
        return answer

    def _bounded(self, brought: dict[str, Any]) -> dict[str, Any]:
        journal = brought["journal"]
        size = sum(len(text) for text in (brought["listing"], brought["before_listing"], journal["db"], journal["wal"]))
        limit = self.given["bring_bytes"]
        if size * 3 // 4 > limit:
            return {"bring_refused": f"the lists of this folder take more than {limit} bytes"}
        return brought

    def _before(self, profile: Profile, config: str, account: Account, folder: Folder) -> _Before:
        if not self.given["run"]:
            return _Before("no run was named to compare with")
        place = self.manifests.get((profile.user, config))
        if place is None:
            return _Before("this host remembers no move of this profile")
        path = Path(manifest_path(place, account.number, folder.group, folder.alias))
        try:
            data = path.read_bytes()
        except OSError as error:
            return _Before(f"there is no manifest of this folder from before the move: {error.strerror}")
        try:
            for _item in read(io.BytesIO(data)):
                pass
        except ValueError as error:
            return _Before(str(error))
        return _Before("", data)

    def _excludes(self, config: str) -> str:
        return _text(excludes.read([os.fspath(self.machine.drive.real(config).parent / excludes.NAME)]))


@dataclass(frozen=True)
class _Before:
    """The manifest from before the move, or why there is none."""

    reason: str
    data: bytes = b""

    @property
    def told(self) -> dict[str, str]:
        return {"no_before": self.reason, "before_digest": _root(self.data) if self.data else ""}


class _Listing:
    """What a folder holds now, as a manifest."""

    def __init__(self, machine: WindowsMachine, folder: Folder, path: str, *, content: bool) -> None:
        self.real = os.fsencode(machine.drive.real(path))
        self._mode = (
            machine.attributes.placeholder_test() if folder.virtual_files == "wincfapi" else folder.virtual_files
        )
        self._links = 0
        stream = io.BytesIO()
        self._count = write(stream, self._hashed() if content else self._items())
        self.data = stream.getvalue()

    def counts(self) -> dict[str, Any]:
        count = self._count
        unread = f"{count.unread} names in it cannot be looked at" if count.unread else ""
        return {
            "detail": unread,
            "files": count.files,
            "bytes": count.bytes,
            "placeholders": count.placeholders,
            "links": self._links,
            "root_digest": count.root,
        }

    def _items(self) -> Iterator[Item]:
        for entry in walk(self.real, self._mode):
            self._links += entry.kind == "link"
            yield Item(*entry)

    def _hashed(self) -> Iterator[Item]:
        hashers: Hashers[Item] = Hashers(self.real)
        with hashers:
            asked = (
                (one, Request(one.path, one.size, one.mtime_ns) if one.kind == "file" else None)
                for one in self._items()
            )
            for one, digests in hashers.run(asked):
                yield one._replace(digest=digests.get(SHA1, b""))


def _journal(folder: bytes, account: Account, named: Folder) -> dict[str, str]:
    name = named.journal_path or journal_name(account.login, account.url, named.target_path)
    told = {"name": name, "state": "ok", "detail": "", "db": "", "wal": ""}
    try:
        with journals.copied(folder, name, os.geteuid()) as copy:
            told["db"] = _text(gzip.compress(Path(os.fsdecode(copy)).read_bytes()))
            with suppress(FileNotFoundError):
                told["wal"] = _text(gzip.compress(Path(os.fsdecode(copy + b"-wal")).read_bytes()))
    except journals.JournalFileError as error:
        return {**told, "state": error.state, "detail": str(error)}
    return told


def _root(manifest: bytes) -> str:
    """The digest of all lines, from the last one."""
    return gzip.decompress(manifest).splitlines()[-1].split()[-1].decode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
