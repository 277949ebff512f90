"""A second copy of the order on the disk: where it lies, set aside, brought back; its journal carried over.

A copy is known by device and inode from the moment it was proven (``aside.json`` in the transaction's folder), so
nothing else is ever renamed or deleted in its place.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Dict, Iterator, List, Sequence

from . import copies
from .backup import look
from .dropped import run_as
from .order import Aside
from .outcome import Proof
from .profile import Profile, SyncFolder, known_folders
from .state import read_json, write_json
from .transaction import SkipStep, Transaction

ASIDE = "aside.json"
CARRIED = "carried.json"
CARRY = "carry-journal"
CARRY_SECONDS = 600.0


@dataclass(frozen=True)
class Copy:
    """A second copy of the order with its places on this host's disk; `away` is what it is renamed to."""

    aside: Aside
    path: str
    away: str
    original: SyncFolder


@dataclass(frozen=True)
class Recorded:
    """A copy as it was when it was proven; `identity` is device and inode."""

    path: str
    away: str
    identity: List[int]


def copies_of(profile: Profile) -> List[Copy]:
    """The order's copies, their places taken from the configuration of before. FileNotFoundError without a backup."""
    if not profile.order.aside:
        return []
    before = profile.before()
    known = known_folders(before.ini)
    originals = {(one.move.account, one.move.group, one.move.alias): one for one in profile.folders(before)}
    run = os.path.basename(os.path.dirname(profile.folder))
    found = []
    for aside in profile.order.aside:
        path = profile.place_of(known[aside.place])
        found.append(Copy(aside, path, f"{path}.aside-{run}", originals[aside.place]))
    return found


def recorded_copies(profile: Profile) -> List[Recorded]:
    """The copies that were proven; none before that."""
    try:
        found = read_json(os.path.join(profile.folder, ASIDE))["copies"]
    except FileNotFoundError:
        return []
    return [Recorded(one["path"], one["away"], list(one["identity"])) for one in found]


def record(profile: Profile, found: Sequence[Recorded]) -> None:
    write_json(os.path.join(profile.folder, ASIDE), {"copies": [asdict(one) for one in found]})


def carry_journals(profile: Profile) -> str:
    """Copy the journals over, and note by inode which they are."""
    names: List[str] = []
    carrying = [copy for copy in copies_of(profile) if copy.aside.carry]
    for copy in carrying:
        work = (copies.carry, copy.path, copy.original.path, copy.aside.journal)
        names += run_as(profile.person, *work, timeout=CARRY_SECONDS)
    paths = [copy.original.journal for copy in carrying]
    found: List[List[int]] = run_as(profile.person, look, paths)
    inodes = {path: one[0] for path, one in zip(paths, found) if one}
    write_json(os.path.join(profile.folder, CARRIED), {"journals": inodes})
    return ", ".join(names)


def carried(profile: Profile) -> Dict[str, int]:
    """Path and inode of the journals that were carried over."""
    try:
        return dict(read_json(os.path.join(profile.folder, CARRIED))["journals"])
    except FileNotFoundError:
        return {}


def remove_carried(profile: Profile, transaction: Transaction) -> str:
    if not transaction.began(CARRY):
        raise SkipStep("no journal was carried over")
    noted, removed = carried(profile), []
    for copy in copies_of(profile):
        if copy.aside.carry:
            what = (copy.original.path, copy.aside.journal, copy.path, noted.get(copy.original.journal, 0))
            removed += run_as(profile.person, copies.remove_carried, *what)
    return ", ".join(removed)


def set_aside(profile: Profile) -> str:
    """Rename every copy; done before is done."""
    for one in recorded_copies(profile):
        run_as(profile.person, copies.rename, one.path, one.away, one.identity)
    return ", ".join(one.away for one in recorded_copies(profile))


def away_from(profile: Profile) -> List[Recorded]:
    """The copies that do not lie in their own place. Those that were never renamed do."""
    found = recorded_copies(profile)
    there: List[List[int]] = [run_as(profile.person, copies.identity, one.path) for one in found]
    return [one for one, now in zip(found, there) if now != one.identity]


def bring_back(profile: Profile) -> str:
    away = away_from(profile)
    if not away:
        raise SkipStep("no copy was set aside")
    for one in away:
        run_as(profile.person, copies.rename, one.away, one.path, one.identity)
    return ", ".join(one.path for one in away)


def aside_proofs(profile: Profile) -> Iterator[Proof]:
    """That each copy lies aside, and that no account names it.

    A program that still had it open may have made something new in its old place, which is no reason to go back.
    """
    named = {profile.place_of(one) for one in known_folders(profile.config().ini).values()}
    for one in recorded_copies(profile):
        there = run_as(profile.person, copies.exists, [one.path])[0]
        if run_as(profile.person, copies.identity, one.away) != one.identity:
            yield Proof("aside", "failed", f"the copy is not at {one.away}")
        elif {one.path, one.away} & named:
            yield Proof("aside", "failed", "nextcloud.cfg still names the copy")
        else:
            yield Proof("aside", "ok", one.away + (f"; something new lies at {one.path}" if there else ""))
