"""What `tree_manifest` does on a whole host: each person's folders, one child a folder.

The manifests from before are for the administrator only, so the child gets an open descriptor and no path.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from . import configs, excludes, foldercheck, session
from .accounts import read_accounts
from .compare import not_done
from .dropped import Dropped, DroppedError, may_become, run_as
from .hostfacts import tidy
from .names import journal_name
from .people import Person, other_homes, people
from .processes import Process, clients, first, of_person
from .qsettings import parse
from .servercheck import Account
from .state import manifest_path, of_run, transactions
from .streams import seems_lost

LATEST = "latest"
# A child that walks says every few seconds that it goes on; one that hashes is silent while it reads large files.
SILENT_SECONDS, HASHING_SECONDS = 300.0, 1800.0
AGAIN_SECONDS = 3.0
# of one configuration: each costs a child, and a file of 2 MB can name tens of thousands
FOLDER_LIMIT = 500


@dataclass(frozen=True)
class Wish:
    """What was asked for. `profiles` as pairs of user and configuration's path as an audit spells it; none for all."""

    root: str
    level: str
    run: str
    users: Tuple[str, ...]
    profiles: Tuple[Tuple[str, str], ...]
    examples: int
    ask_server: bool
    seconds: float


def check_host(wish: Wish) -> Tuple[List[Dict[str, Any]], List[Dict[str, str]]]:
    """A `FolderCheck` for each folder, and what could not be seen with its reason.

    ValueError for a run id that is none; OSError where the user database cannot be read.
    """
    manifests = _manifests(wish)
    running = clients()
    everybody = people(wish.root, [process.uid for process in running])
    problems = [
        {"code": "unknown-user", "message": f"there is no user {name}"}
        for name in wish.users
        if name not in {person.name for person in everybody}
    ]
    checks: List[Dict[str, Any]] = []
    for person in everybody:
        if not _is_wanted(person, wish):
            continue
        if not may_become(person):
            problems.append({"code": "not-admin", "message": f"not seen without root: {person.name}"})
            continue
        mine = of_person(running, person.uid, person.home, wish.root)
        try:
            found = run_as(person, named_folders, person, mine, wish.root)
        except DroppedError as error:
            problems.append({"code": error.code, "message": f"{person.name}: {error.message}"})
            continue
        work = _Work(wish, person, tuple(other_homes(person, everybody)), manifests)
        checks += [check for profile in found for check in work.profile(profile)]
        problems += [problem for profile in found for problem in profile["problems"]]
    return checks, problems


def named_folders(person: Person, processes: List[Process], root: str) -> List[Dict[str, Any]]:
    """In the dropped child: every configuration of the person with its folders and the session it is used in."""
    return [_profile(person, place, root) for place in configs.places(person, processes)]


def _profile(person: Person, place: configs.Place, root: str) -> Dict[str, Any]:
    content = configs.read(place.path, person.uid)
    profile: Dict[str, Any] = {
        "path": place.path,
        "folders": [],
        "problems": [],
        "env": {},
        "running": bool(place.clients),
    }
    problem, accounts = "", []
    if content.state not in ("ok", "absent", "empty"):
        problem = content.detail or content.state
    try:
        accounts = read_accounts(parse(content.data))
    except ValueError as error:
        problem = str(error)
    if problem:
        message = f"{person.name}: {_shown(place.path)}: {problem}"
        return {**profile, "problems": [{"code": "config-unreadable", "message": message}]}
    profile["env"] = dict(session.find(person, first(place.clients), root).env)
    named = [(account, folder) for account in accounts for folder in account.folders]
    if len(named) > FOLDER_LIMIT:
        message = f"{person.name}: {_shown(place.path)} names {len(named)} folders; {FOLDER_LIMIT} are looked at"
        profile["problems"] = [{"code": "too-much", "message": message}]
    profile["folders"] = [
        {
            "account": account.number,
            "url": account.url,
            "login": account.login,
            "dav_user": account.user,
            "group": folder.group,
            "alias": folder.alias,
            "local_path": os.fsdecode(folder.local_path),
            "target_path": folder.target_path,
            "virtual_files": folder.virtual_files,
            "hidden": folder.ignore_hidden,
            "journal": folder.journal_path or journal_name(account.login, account.url, folder.target_path),
        }
        for account, folder in named[:FOLDER_LIMIT]
    ]
    return profile


@dataclass(frozen=True)
class _Work:
    """The folders of one person. `manifests`: the transaction's folder for each user and configuration."""

    wish: Wish
    person: Person
    other_homes: Tuple[str, ...]
    manifests: Mapping[Tuple[str, str], str]

    def profile(self, profile: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
        path = _shown(profile["path"])
        wanted = self.wish.profiles
        if wanted and (self.person.name, path) not in wanted:
            return
        for folder in profile["folders"]:
            answer = {
                "user": self.person.name,
                "config_path": path,
                "account": folder["account"],
                "group": folder["group"],
                "alias": folder["alias"],
                "local_path": _shown(folder["local_path"]),
                "url": folder["url"],
                "level": self.wish.level,
                "files": 0,
                "bytes": 0,
                "placeholders": 0,
                "root_digest": "",
                "etags": {},
            }
            checked: Dict[str, Any] = tidy({**answer, **self._looked_at(profile, folder)})
            yield checked

    def _looked_at(self, profile: Mapping[str, Any], folder: Mapping[str, Any]) -> Dict[str, Any]:
        with self._manifest(profile, folder) as (descriptor, why):
            job = self._job(profile, folder, descriptor, why)
            found = self._told(job)
            if profile["running"] and seems_lost(found):
                # a client at work is a moment ahead of its own journal
                time.sleep(AGAIN_SECONDS)
                found = self._told(job)
            return found

    def _told(self, job: foldercheck.Job) -> Dict[str, Any]:
        silent = HASHING_SECONDS if job.level == "content" else SILENT_SECONDS
        try:
            child = Dropped(self.person, foldercheck.check, job, timeout=self.wish.seconds, idle=silent)
            with child:
                for _beat in child:
                    pass
        except DroppedError as error:
            comparisons = {name: not_done(error.message) for name in ("before", "journal", "server")}
            return {"state": "unwalked", "detail": error.message, **comparisons}
        found: Dict[str, Any] = child.answer
        return found

    def _job(self, profile: Mapping[str, Any], folder: Mapping[str, Any], descriptor: int, why: str) -> foldercheck.Job:
        root, config = self.wish.root, os.path.dirname(profile["path"])
        return foldercheck.Job(
            local_path=os.fsencode(folder["local_path"]),
            virtual_files=folder["virtual_files"],
            journal=folder["journal"],
            target_path=folder["target_path"],
            level=self.wish.level,
            examples=self.wish.examples,
            manifest=descriptor,
            no_manifest=why,
            hidden=folder["hidden"],
            excludes=(os.path.join(root, excludes.SYSTEM), os.path.join(config, excludes.NAME)),
            other_homes=self.other_homes,
            account=Account(folder["account"], folder["url"], folder["login"], folder["dav_user"]),
            env=profile["env"],
            ask_server=self.wish.ask_server or self.wish.level == "server",
        )

    @contextlib.contextmanager
    def _manifest(self, profile: Mapping[str, Any], folder: Mapping[str, Any]) -> Iterator[Tuple[int, str]]:
        """The manifest from before as an open descriptor, or -1 and the reason why there is none."""
        if not self.wish.run:
            yield -1, "no run was named to compare with"
            return
        place = self.manifests.get((self.person.name, _shown(profile["path"])))
        if place is None:
            yield -1, "this host remembers no move of this profile"
            return
        path = manifest_path(place, folder["account"], folder["group"], folder["alias"])
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            yield -1, f"there is no manifest of this folder from before the move: {error.strerror}"
            return
        try:
            yield descriptor, ""
        finally:
            os.close(descriptor)


def _is_wanted(person: Person, wish: Wish) -> bool:
    named = {user for user, _path in wish.profiles}
    return (not wish.users or person.name in wish.users) and (not named or person.name in named)


def _manifests(wish: Wish) -> Dict[Tuple[str, str], str]:
    """The folder of the latest transaction of each profile, of one run or of any."""
    known = transactions(wish.root) if wish.run in ("", LATEST) else of_run(wish.root, wish.run)
    return {(one.user, _shown(one.config_path)): one.folder for one in known}


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
