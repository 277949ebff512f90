"""The people of a host: who may have a Nextcloud client, and with which rights their files are to be read."""

from __future__ import annotations

import os
import pwd
import sys
from dataclasses import dataclass
from typing import Iterable, Sequence, Tuple

HOMES = {"darwin": "/Users"}
FIRST_UID = {"darwin": 500}


@dataclass(frozen=True)
class Person:
    """One OS user. `home` is an absolute path as the user database gives it; it may not exist."""

    name: str
    uid: int
    gid: int
    home: str
    groups: Tuple[int, ...] = ()


def people(root: str = "/", running: Iterable[int] = ()) -> list[Person]:
    """Everybody with a home that a client could run in, by name.

    With another `root` (a lab host) these are the lines of ROOT/etc/passwd. Users of a domain are not enumerated by the
    user database; the owners of home folders and of `running` clients (uids) bring them in.
    """
    if root != "/":
        return _from_file(os.path.join(root, "etc/passwd"))
    entries: dict[str, pwd.struct_passwd] = {entry.pw_name: entry for entry in pwd.getpwall()}
    wanted = set(running)
    for uid in wanted | set(_home_owners()):
        try:
            entry = pwd.getpwuid(uid)
        except (KeyError, OverflowError):
            continue
        entries.setdefault(entry.pw_name, entry)
    first = _first_uid()
    found = [_person(entry) for entry in entries.values() if _has_home(entry, first) or entry.pw_uid in wanted]
    return sorted(found, key=lambda person: person.name)


def other_homes(person: Person, everybody: Sequence[Person]) -> list[str]:
    """Homes that are not this person's: a sync folder inside one of them is not walked."""
    return sorted({other.home for other in everybody if other.home not in (person.home, "/", "")})


def _has_home(entry: pwd.struct_passwd, first: int) -> bool:
    ordinary = entry.pw_uid == 0 or entry.pw_uid >= first
    return ordinary and os.path.isabs(entry.pw_dir) and os.path.normpath(entry.pw_dir) not in ("/", "/nonexistent")


def _home_owners() -> list[int]:
    """Owners of the folders in /home, by a stat of the entry alone: a network home is not entered."""
    folder = HOMES.get(sys.platform, "/home")
    owners = set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                owners.add(entry.stat(follow_symlinks=False).st_uid)
    except OSError:
        return sorted(owners)
    return sorted(owners)


def _first_uid() -> int:
    """The first uid of an ordinary user: UID_MIN of login.defs, else what the system uses by default."""
    try:
        with open("/etc/login.defs", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                words = line.split()
                if len(words) > 1 and words[0] == "UID_MIN" and words[1].isdigit():
                    return int(words[1])
    except OSError:
        pass
    return FIRST_UID.get(sys.platform, 1000)


def _person(entry: pwd.struct_passwd) -> Person:
    try:
        groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    except (KeyError, OSError):
        groups = (entry.pw_gid,)
    return Person(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir, groups)


def _from_file(path: str) -> list[Person]:
    """The people of a passwd file; a line that is none is passed over, as the C library does."""
    found = []
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                fields = line.rstrip("\n").split(":")
                if len(fields) == 7 and fields[2].isdigit() and fields[3].isdigit() and os.path.isabs(fields[5]):
                    gid = int(fields[3])
                    found.append(Person(fields[0], int(fields[2]), gid, fields[5], (gid,)))
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda person: person.name)
