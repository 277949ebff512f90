"""Carry an order out on one profile, wherever an earlier try may have ended."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field, replace
from typing import FrozenSet

from . import gates
from .asides import ASIDE, CARRIED
from .desk import Desk
from .marks import Marks
from .move import Checks, Move, is_moved
from .ondisk import Disk, PosixDisk
from .order import Order, parse_order
from .outcome import Outcome, Proof, of_error
from .people import Person
from .profile import Profile
from .retelling import OUTCOME, told_before, write_down
from .state import (
    SETTLED,
    Remembered,
    make_folder,
    profile_folder,
    read_json,
    run_folder,
    state_folder,
    sync_folder,
    transactions,
    write_json,
)
from .transaction import FAILURES, Step, StepError, Transaction, as_step_error, perform
from .undo import take_back


@dataclass(frozen=True)
class Request:
    """`config_path` is the path on the disk; `order.config_path` how the controller spells it."""

    root: str
    run: str
    order: Order
    raw_order: dict[str, object]
    person: Person
    config_path: str
    desk: Desk
    checks: Checks
    phases: FrozenSet[str]
    check_mode: bool = False
    disk: Disk = field(default_factory=PosixDisk)


def carry_out(request: Request) -> Outcome:
    """Begin a transaction, go on with an open one, or say why not. Raises nothing that a host can cause."""
    try:
        return _carry_out(request)
    except FAILURES as error:
        return of_error(request.order.user, request.order.config_path, as_step_error(error))


def _carry_out(request: Request) -> Outcome:
    known = remembered(request.root, request.order.user, request.order.config_path)
    opened = next((one for one in known if one.state == "open"), None)
    if opened:
        return _would_end(request, opened) if request.check_mode else _with_open(request, opened)
    if request.order.starts_only:
        return start_only(request)
    if known and known[-1].state == "done" and _did(known[-1], request):
        done = _done_before(request, known[-1])
        if done:
            return done
    return _begin(request)


def _with_open(request: Request, opened: Remembered) -> Outcome:
    same = _carries_out(opened, request.order)
    order, path = stored_order(opened.folder)
    stored = replace(request, order=order, config_path=path)
    profile = profile_of(stored, opened.folder)
    transaction = transaction_in(opened.folder)
    if same and not transaction.undoing():
        _link_run(request, opened)
        return _go_on(stored, profile, transaction)
    take_back(profile, transaction, "another order came" if not same else "a failure before")
    if same and not request.order.resume:
        return _begin(request)
    raise StepError(
        "open-transaction-undone",
        f"an unfinished move of run {opened.run} with another order was taken back; nothing else was done",
        gates.PLAN_AGAIN,
        outcome="refused",
    )


def _would_end(request: Request, opened: Remembered) -> Outcome:
    """As `_with_open`, in check mode."""
    onward = _carries_out(opened, request.order) and not transaction_in(opened.folder).undoing()
    would = "gone on with" if onward else "taken back first"
    message = f"the unfinished move of run {opened.run} would be {would}"
    return Outcome(request.order.user, request.order.config_path, "prepared", "check-mode", message, changed=True)


def _begin(request: Request) -> Outcome:
    if request.order.resume and not request.order.edits:
        raise StepError("nothing-to-resume", "there is no unfinished move here", gates.PLAN_AGAIN, outcome="refused")
    folder = profile_folder(request.root, request.run, request.order.user, request.order.config_path)
    transaction = transaction_in(folder)
    move = Move(profile_of(request, folder), transaction, request.checks)
    try:
        reports = move.gate(begun=False)
    except StepError as error:
        return of_error(request.order.user, request.order.config_path, error, tuple(transaction.reports))
    if request.check_mode:  # whichever half: none was prepared before
        would = "it would be mended" if request.order.cures else "the account would be moved"
        return _outcome(request, transaction, "prepared", code="check-mode", message=would)
    if "prepare" not in request.phases:
        raise StepError("not-prepared", "this profile was not prepared", "apply again", outcome="refused")
    _make_room(request, folder)
    write_json(os.path.join(folder, "order.json"), {**request.raw_order, "path": request.config_path})
    transaction.open()
    for report in reports:
        transaction.note(report)
    return _forward(request, move)


def start_only(request: Request) -> Outcome:
    """Start a client that does not run. Nothing else is changed, so there is nothing to remember and to take back."""
    order = request.order
    if request.desk.running():
        return Outcome(order.user, order.config_path, "already")
    folder = profile_folder(request.root, request.run, order.user, order.config_path)
    profile, transaction = profile_of(request, folder), transaction_in(folder)
    Move(profile, transaction, request.checks).gate(begun=False)
    presence = request.desk.presence()
    if not presence.startable:
        do = "fix again when the user is logged in to the desktop"
        raise StepError("no-session", "the user has no desktop to start the client on", do, outcome="waiting-session")
    if request.check_mode:
        return _outcome(request, transaction, "prepared", code="check-mode", message="the client would be started")
    performed = perform(Step("start-client", lambda: request.desk.start(presence)))
    if performed.error:
        raise performed.error
    transaction.reports.append(performed.report)
    return replace(_outcome(request, transaction, "cured"), proofs=(Proof("client-running", "ok"),))


def _go_on(request: Request, profile: Profile, transaction: Transaction) -> Outcome:
    if not transaction.history():
        transaction.open()  # it died between its order and its first mark
    move = Move(profile, transaction, request.checks)
    try:
        move.gate(begun=True)
    except StepError as error:
        return _back(request, move, error)
    return _forward(request, move)


def _forward(request: Request, move: Move) -> Outcome:
    """The steps of the phases; whatever fails is taken back before it is reported."""
    transaction = move.transaction
    try:
        if "prepare" in request.phases:
            move.prepare()
        if "commit" not in request.phases:
            return _outcome(request, transaction, "prepared", message="the client is stopped, the backup is made")
        move.commit()
    except (StepError, OSError) as error:
        return _back(request, move, as_step_error(error))
    name, code, message, do = _success(request.order), "", "", ""
    if move.sign_in:
        name, code, message, do = "waiting-sign-in", move.sign_in.code, move.sign_in.message, gates.SIGN_IN
    outcome = replace(
        _outcome(request, transaction, name, code=code, message=message),
        do=do,
        backup=move.profile.backup.folder,
        proofs=tuple(move.proofs),
    )
    transaction.free_spare()
    write_down(move.profile.folder, request.run, outcome)  # before the last mark: a move that is done can be retold
    transaction.close(name)
    return outcome


def _back(request: Request, move: Move, error: StepError) -> Outcome:
    """Take everything back and report what failed; a failed proof is part of the report."""
    take_back(move.profile, move.transaction, f"{error.code}: {error.message}")
    found = of_error(request.order.user, request.order.config_path, error, tuple(move.transaction.reports))
    return replace(found, message=f"{error.message}; everything is as it was before", proofs=tuple(move.proofs))


def _done_before(request: Request, done: Remembered) -> Outcome | None:
    """The answer to an order that was carried out before; None if the account is not moved any more.

    The run that did it hears what it was told then, and once the user has signed in that the account is moved.
    """
    profile = profile_of(request, done.folder)
    if not is_moved(request.order, profile.config().data):
        return None
    told = told_before(done.folder, request.run)
    signed_in = transaction_in(done.folder).history()[-1].detail != "waiting-sign-in" or _may_sign_in(profile)
    if told:
        return replace(told, outcome=_success(request.order), code="", message="", do="") if signed_in else told
    if not signed_in:
        return Outcome(
            request.order.user,
            request.order.config_path,
            "waiting-sign-in",
            "sign-in",
            "moved before; the user has not signed in yet",
            gates.SIGN_IN,
            backup=profile.backup.folder,
        )
    return Outcome(request.order.user, request.order.config_path, "already", backup=profile.backup.folder)


def _may_sign_in(profile: Profile) -> bool:
    """Whether the keyring now holds what the moved account needs: the user has signed in."""
    presence = profile.desk.presence(profile.recorded())
    if not presence.session:
        return False
    entries = profile.desk.keyring(presence).entries
    return all(copy.target in entries for copy in profile.order.secrets if copy.required)


def _outcome(request: Request, transaction: Transaction, name: str, *, code: str = "", message: str = "") -> Outcome:
    order = request.order
    return Outcome(order.user, order.config_path, name, code, message, changed=True, steps=tuple(transaction.reports))


def _success(order: Order) -> str:
    return "cured" if order.cures else "moved"


def _did(known: Remembered, request: Request) -> bool:
    """Whether this transaction did what is ordered now, maybe by an order of the same run for another file.

    The controller plans anew for a file that its client has rewritten; one that died asks again with its first order.
    """
    if _carries_out(known, request.order):
        return True
    if told_before(known.folder, request.run) is None:
        return False
    order, _path = stored_order(known.folder)
    return (order.edits, order.cures) == (request.order.edits, request.order.cures)


def _carries_out(known: Remembered, order: Order) -> bool:
    return known.carries_out(order.old_sha256, order.new_sha256)


def profile_of(request: Request, folder: str) -> Profile:
    return Profile(request.root, request.order, request.person, request.desk, request.config_path, folder, request.disk)


def transaction_in(folder: str) -> Transaction:
    return Transaction(Marks(os.path.join(folder, "marks.jsonl")), spare=os.path.join(folder, "spare"))


def stored_order(folder: str) -> tuple[Order, str]:
    """The order of a transaction and the path of its file on the disk."""
    stored = read_json(os.path.join(folder, "order.json"))
    return parse_order(stored), str(stored["path"])


def remembered(root: str, user: str, config_path: str) -> list[Remembered]:
    """The profile's transactions, oldest first."""
    return [one for one in transactions(root) if (one.user, one.config_path) == (user, config_path)]


def _make_room(request: Request, folder: str) -> None:
    """The transaction's folder; of an earlier try of the same run only the marks and the backup stay.

    Its configuration and its client were those of that time.
    """
    if os.path.islink(folder):  # this run went on with a transaction of another one, which has ended
        os.unlink(folder)
    make_folder(folder, below=state_folder(request.root))
    for name in ("client.json", SETTLED, OUTCOME, ASIDE, CARRIED):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, name))
    sync_folder(folder)


def _link_run(request: Request, opened: Remembered) -> None:
    """Make the transaction be found under the run that goes on with it, too."""
    folder = run_folder(request.root, request.run)
    link = os.path.join(folder, os.path.basename(opened.folder))
    if opened.run == request.run or os.path.lexists(link):
        return
    make_folder(folder, below=state_folder(request.root))
    os.symlink(os.path.relpath(opened.folder, folder), link)
    sync_folder(folder)
