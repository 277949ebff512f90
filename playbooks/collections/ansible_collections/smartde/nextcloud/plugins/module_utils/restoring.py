"""Take a remembered move back on one profile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from . import cureproofs
from .applying import stored_order, transaction_in
from .desk import Desk, Presence
from .dropped import DroppedError
from .ondisk import Disk, PosixDisk
from .outcome import Outcome, of_error
from .people import Person
from .profile import Profile
from .state import Remembered
from .transaction import FAILURES, StepError, Transaction, as_step_error
from .undo import take_back, what_to_restore


@dataclass(frozen=True)
class Restore:
    """`desk` makes the desk for a config's path on the disk. `instance` proves that the old URL is no other server:
    StepError if it is, or redirects.
    """

    root: str
    person: Person
    desk: Callable[[str], Desk]
    instance: Callable[[Profile], str]
    check_mode: bool = False
    disk: Disk = field(default_factory=PosixDisk)


def restore(request: Restore, found: Remembered, *, only_open: bool) -> Outcome:
    """Undo a transaction; with `only_open` one that ended well stays. Raises nothing that a host can cause."""
    try:
        return _restore(request, found, only_open=only_open)
    except FAILURES as error:
        return of_error(found.user, found.config_path, as_step_error(error))


def _restore(request: Restore, found: Remembered, *, only_open: bool) -> Outcome:
    transaction = transaction_in(found.folder)
    if found.state == "undone":
        return _nothing(found, "taken back before")
    if found.state == "done" and only_open:
        return _nothing(found, "the move had ended well")
    order, path = stored_order(found.folder)
    profile = Profile(request.root, order, request.person, request.desk(path), path, found.folder, request.disk)
    if found.state == "done":
        if _require_way_back(profile):
            return _nothing(found, "the account is as it was before the move")
        request.instance(profile)
    if request.check_mode:
        return Outcome(found.user, found.config_path, "rolled-back", "check-mode", "would be taken back", changed=True)
    if found.state == "done":
        _record_desk(profile)
    take_back(profile, transaction, "rollback")
    return _rolled_back(profile, transaction)


def _require_way_back(profile: Profile) -> bool:
    """Whether there is nothing to take back. StepError config-changed before anything is stopped."""
    try:
        return not cureproofs.require_way_back(profile) and what_to_restore(profile) is None
    except DroppedError as error:
        raise StepError(error.code, error.message, error.do, outcome="refused") from error


def _record_desk(profile: Profile) -> None:
    """Who is at the desk now counts, not who was there when the move was made."""
    now, then = profile.desk.presence(), profile.recorded()
    if now.session or then is None:
        profile.record(Presence(now.env, now.clients or (then.clients if then else [])))


def _rolled_back(profile: Profile, transaction: Transaction) -> Outcome:
    return Outcome(
        profile.order.user,
        profile.order.config_path,
        "rolled-back",
        changed=True,
        backup=profile.backup.folder,
        steps=tuple(transaction.reports),
    )


def _nothing(found: Remembered, message: str) -> Outcome:
    return Outcome(found.user, found.config_path, "already", "nothing-to-undo", message)
