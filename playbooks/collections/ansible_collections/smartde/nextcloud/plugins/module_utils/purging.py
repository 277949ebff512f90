"""Delete the copies that a cure has set aside. The one thing here that cannot be taken back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import List, Tuple

from . import asides, copies, cureproofs
from .applying import remembered, stored_order, transaction_in
from .asides import Copy, Recorded
from .desk import Desk
from .dropped import run_as
from .ondisk import Disk, PosixDisk
from .outcome import Outcome, of_error
from .people import Person
from .profile import Profile, known_folders
from .transaction import FAILURES, Step, StepError, Transaction, as_step_error, perform

PURGE = "purge-copy"
DELETE_SECONDS = 3600.0


@dataclass(frozen=True)
class Purge:
    """Whose copies are deleted; `desk` is asked nothing."""

    root: str
    person: Person
    desk: Desk
    user: str
    config_path: str
    check_mode: bool = False
    disk: Disk = field(default_factory=PosixDisk)


def purge(request: Purge) -> Outcome:
    """Of the profile's latest transaction. Raises nothing that a host can cause."""
    try:
        return _purge(request)
    except FAILURES as error:
        return of_error(request.user, request.config_path, as_step_error(error))


def _purge(request: Purge) -> Outcome:
    user, path = request.user, request.config_path
    known = remembered(request.root, user, path)
    if not known or known[-1].state != "done":
        return Outcome(user, path, "already", "nothing-to-purge", "no copy is set aside here")
    folder = known[-1].folder
    order, config_path = stored_order(folder)
    profile = Profile(request.root, order, request.person, request.desk, config_path, folder, request.disk)
    transaction = transaction_in(folder)
    left = [
        (copy, one)
        for copy, one in zip(asides.copies_of(profile), asides.recorded_copies(profile))
        if run_as(profile.person, copies.exists, [one.away])[0]
    ]
    if not left:
        return Outcome(user, path, "already", "nothing-to-purge", "no copy is set aside here")
    for copy, one in left:
        _require_unused(profile, copy, one)
        _require_worthless(profile, transaction, copy, one)
    if request.check_mode:
        message = f"{', '.join(one.away for _copy, one in left)} would be deleted"
        return Outcome(user, path, "prepared", "check-mode", message, changed=True)
    return _delete(request, profile, transaction, left)


def _require_unused(profile: Profile, copy: Copy, one: Recorded) -> None:
    """The account still syncs the original, and no account the copy: its client would delete that on the server."""
    places = [profile.place_of(folder) for folder in known_folders(profile.config().ini).values()]
    inside = run_as(profile.person, copies.lying_in, one.away, places)
    around = [place for place in places if run_as(profile.person, copies.lying_in, place, [one.away])]
    if inside or around:
        message = f"{one.away} is not to be deleted: nextcloud.cfg names {[*inside, *around][0]}"
    elif copy.original.path.rstrip("/") not in places:
        message = f"{one.away} is not to be deleted: no account syncs {copy.original.path} any more"
    else:
        return
    raise StepError("copy-needed", message, "keep it, or delete it by hand", outcome="refused")


def _require_worthless(profile: Profile, transaction: Transaction, copy: Copy, one: Recorded) -> None:
    """Everything in the copy is on the server or in the original.

    One that is half deleted may have no journal any more: then only what the original holds as well is worthless.
    """
    journal = os.path.join(one.away, copy.aside.journal)
    bare = transaction.began(PURGE) and not run_as(profile.person, copies.exists, [journal])[0]
    found = cureproofs.compare(profile, cureproofs.job_of(profile, copy, one.away, purge=True, bare=bare))
    if found["code"]:
        raise cureproofs.against(found, one.away)


def _delete(request: Purge, profile: Profile, transaction: Transaction, left: List[Tuple[Copy, Recorded]]) -> Outcome:
    def work() -> str:
        for copy, one in left:
            what = (one.away, one.identity, copy.aside.journal)
            run_as(profile.person, copies.remove_tree, *what, timeout=DELETE_SECONDS)
        return ", ".join(one.away for _copy, one in left)

    transaction.marks.add(PURGE, "begin")
    done = perform(Step(PURGE, work))
    if done.error:
        transaction.marks.add(PURGE, "fail", f"{done.error.code}: {done.error.message}")
        raise StepError(done.error.code, f"not all of it is deleted: {done.error.message}", done.error.do)
    transaction.marks.add(PURGE, "end", done.report.detail)
    return Outcome(
        request.user,
        request.config_path,
        "cured",
        message=f"deleted: {done.report.detail}",
        changed=True,
        steps=(done.report,),
    )
