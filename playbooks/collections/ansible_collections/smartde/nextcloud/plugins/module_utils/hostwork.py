"""What `account_move` and `account_restore` do on a whole host: the lock, and one profile after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, FrozenSet, Mapping, Protocol, Sequence

from .applying import Request, carry_out
from .desk import Desk
from .dropped import run_as
from .folderproofs import compare_folders
from .foldertrees import write_manifests
from .instance import prove_new, prove_old
from .locate import Located, locate
from .lock import HeldLock, LockHeldError, host_lock
from .move import Checks
from .ondisk import Disk, PosixDisk
from .order import parse_order
from .outcome import Outcome, as_answer, of_error
from .probe import TIMEOUT, probe
from .profile import Profile
from .proofs import Prover, ask_client
from .purging import Purge, purge
from .restoring import Restore, restore
from .state import Remembered, of_run, run_folder, transactions
from .transaction import FAILURES, StepError, as_step_error
from .userdesk import UserDesk

PURGE_PHASE = "purge"


class Workplace(Protocol):
    """What working on a host takes. `wait_seconds`: how long another call that works on it is waited for."""

    @property
    def root(self) -> str: ...

    @property
    def wait_seconds(self) -> float: ...

    @property
    def disk(self) -> Disk: ...

    def locate(self, user: str, config_path: str) -> Located:
        """StepError (refused) user-unknown or config-unknown."""

    def desk(self, found: Located) -> Desk: ...

    def checks(self) -> Checks: ...


@dataclass(frozen=True)
class Host:
    """A POSIX host: where it lies, and how long a client may take to stop and to start."""

    root: str
    stop_seconds: float
    start_seconds: float
    wait_seconds: float

    @property
    def disk(self) -> Disk:
        return PosixDisk()

    def locate(self, user: str, config_path: str) -> Located:
        return locate(self.root, user, config_path)

    def desk(self, found: Located) -> Desk:
        return UserDesk(
            found.person,
            found.path,
            kind=found.kind,
            root=self.root,
            stop_seconds=self.stop_seconds,
            start_seconds=self.start_seconds,
        )

    def checks(self) -> Checks:
        return Checks(
            prove_instance,
            write_manifests,
            Prover(
                partial(compare_folders, seconds=self.start_seconds), partial(ask_client, seconds=self.start_seconds)
            ).proofs,
        )


def move_host(
    host: Workplace,
    run: str,
    orders: Sequence[Mapping[str, Any]],
    phases: FrozenSet[str],
    *,
    lock_seconds: float,
    check_mode: bool,
) -> list[Outcome]:
    """One outcome for each order, in their order.

    ValueError for a run id that is no plain name; OSError where the host has no place to remember anything.
    """
    run_folder(host.root, run)
    if PURGE_PHASE in phases:
        return _purge_host(host, run, orders, check_mode=check_mode)
    if check_mode:
        return [_move(host, run, raw, phases, check_mode=True) for raw in orders]

    def work(lock: HeldLock) -> list[Outcome]:
        outcomes = [_move(host, run, raw, phases, check_mode=False) for raw in orders]
        if any(one.outcome == "prepared" for one in outcomes):
            lock.reserve(lock_seconds)
        return outcomes

    return _locked(host, run, orders, work)


def _purge_host(host: Workplace, run: str, wanted: Sequence[Mapping[str, Any]], *, check_mode: bool) -> list[Outcome]:
    """Delete what cures have set aside; `wanted` names profiles, and no orders."""

    def work(_lock: HeldLock | None) -> list[Outcome]:
        return [_purge(host, str(one["user"]), str(one["config_path"]), check_mode=check_mode) for one in wanted]

    return work(None) if check_mode else _locked(host, run, wanted, work)


def restore_host(
    host: Workplace, run: str, wanted: Sequence[Mapping[str, str]], *, only_open: bool, check_mode: bool
) -> list[Outcome]:
    """Take back the moves of `run`, "" for the latest of each profile; `wanted` limits the profiles."""

    def work(_lock: HeldLock | None) -> list[Outcome]:
        # asked inside the lock: who was waited for may have ended a move
        return [
            _restore(host, one, only_open=only_open, check_mode=check_mode)
            if isinstance(one, Remembered)
            else Outcome(one["user"], one["config_path"], "already", "no-transaction", "this host remembers no move")
            for one in choose(host.root, run, wanted)
        ]

    if check_mode:
        return work(None)
    named = [
        {"user": one.user, "config_path": one.config_path} if isinstance(one, Remembered) else one
        for one in choose(host.root, run, wanted)
    ]
    return _locked(host, run or "rollback", named, work) if named else []


def choose(root: str, run: str, wanted: Sequence[Mapping[str, str]]) -> list[Remembered | Mapping[str, str]]:
    """The latest transaction of each profile, or what `wanted` says of a profile without one."""
    known = of_run(root, run) if run else transactions(root)
    latest = {(one.user, one.config_path): one for one in known}
    if not wanted:
        return list(latest.values())
    return [latest.get((one["user"], one["config_path"]), one) for one in wanted]


def _locked(
    host: Workplace, run: str, profiles: Sequence[Mapping[str, Any]], work: Callable[[HeldLock], list[Outcome]]
) -> list[Outcome]:
    try:
        with host_lock(host.root, run, _orders(host.root, profiles), wait=host.wait_seconds) as lock:
            return work(lock)
    except LockHeldError as error:
        held = StepError("lock-held", str(error), "wait for that run, then apply again", outcome="refused")
        return [of_error(str(one["user"]), str(one["config_path"]), held) for one in profiles]


def _orders(root: str, profiles: Sequence[Mapping[str, Any]]) -> set[str]:
    """What the host's lock knows the orders by, under every name that an unfinished move has."""
    digests = {str(one["new_sha256"]) for one in profiles if "new_sha256" in one}
    return digests | {known.planned[1] for known in transactions(root) if known.new_sha256 in digests}


def _move(host: Workplace, run: str, raw: Mapping[str, Any], phases: FrozenSet[str], *, check_mode: bool) -> Outcome:
    try:
        order = parse_order(raw)
        found = host.locate(order.user, order.config_path)
    except FAILURES as error:
        return of_error(str(raw.get("user", "")), str(raw.get("config_path", "")), as_step_error(error))
    return carry_out(
        Request(
            root=host.root,
            run=run,
            order=order,
            raw_order=dict(raw),
            person=found.person,
            config_path=found.path,
            desk=host.desk(found),
            checks=host.checks(),
            phases=phases,
            check_mode=check_mode,
            disk=host.disk,
        )
    )


def _purge(host: Workplace, user: str, config_path: str, *, check_mode: bool) -> Outcome:
    try:
        found = host.locate(user, config_path)
    except FAILURES as error:
        return of_error(user, config_path, as_step_error(error))
    return purge(Purge(host.root, found.person, host.desk(found), user, config_path, check_mode, host.disk))


def _restore(host: Workplace, known: Remembered, *, only_open: bool, check_mode: bool) -> Outcome:
    try:
        found = host.locate(known.user, known.config_path)
    except FAILURES as error:
        return of_error(known.user, known.config_path, as_step_error(error))
    request = Restore(
        host.root,
        found.person,
        lambda path: host.desk(Located(found.person, path, found.kind)),
        lambda profile: prove_old(profile.order, _probe_for(profile)),
        check_mode,
        host.disk,
    )
    return restore(request, known, only_open=only_open)


def prove_instance(profile: Profile) -> str:
    """That the new URL is the server the journals belong to, asked from this host. StepError if it is not."""
    return prove_new(profile.order, _probe_for(profile))


def _probe_for(profile: Profile) -> Callable[[str], dict[str, str]]:
    env = profile.desk.presence(profile.recorded()).env

    def ask(url: str) -> dict[str, str]:
        answer: dict[str, str] = run_as(profile.person, probe, url, env, timeout=3 * TIMEOUT)
        return answer

    return ask


def result(outcomes: Sequence[Outcome], *, restart_pending: bool = False) -> dict[str, Any]:
    """The part of the module's answer that both modules share. What is only told again was not changed by this call."""
    profiles = [{**as_answer(one), "restart_pending": restart_pending} for one in outcomes]
    return {"changed": any(one.changed and not one.told_before for one in outcomes), "profiles": profiles}
