"""`win_account_move` and `win_account_restore`: the transaction of the Linux modules, on a Windows desk and disk."""

from __future__ import annotations

from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils.hostwork import move_host, restore_host, result
from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome

from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.plays.arguments import REQUIRED, WrongArgument, arguments
from smartfleet.lab.windows.plays.facts import require_real_root
from smartfleet.lab.windows.plays.purge import PURGE, Profiles, purged
from smartfleet.lab.windows.plays.syncroots import without_stale
from smartfleet.lab.windows.plays.work import WindowsHost, spelled
from smartfleet.lab.winrm.machine import ModuleCall

TIMES = {"stop_seconds": (int, 35), "start_seconds": (int, 30), "wait_seconds": (int, 60)}
USER_PART = frozenset({"user_part.ps1", "Native.cs"})
PHASES = ("prepare", "commit")


def account_move(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    known = {
        "root": (str, "/"),
        "run": (str, REQUIRED),
        "phases": (list, list(PHASES)),
        "profiles": (list, REQUIRED),
        "lock_seconds": (int, 3600),
        "restart_pending": (bool, False),
        "user_part": (dict, {}),
        **TIMES,
    }
    given = arguments(call, known)
    _require_parts(given)
    phases = frozenset(given["phases"])
    if not phases <= {*PHASES, PURGE}:
        raise WrongArgument(f"value of phases must be one of: {', '.join((*PHASES, PURGE))}, got: {given['phases']}")

    def work(profiles: Profiles, check_mode: bool) -> list[Outcome]:  # noqa: FBT001 - a `Work`
        seconds = given["lock_seconds"]
        host = _host(machine, given)
        return move_host(host, given["run"], profiles, phases, lock_seconds=seconds, check_mode=check_mode)

    try:
        if PURGE in phases:
            outcomes = purged(machine, given["profiles"], work, check_mode=call.check_mode)
        else:
            outcomes = work(given["profiles"], call.check_mode)
    except (OSError, ValueError) as error:
        return _no_place(machine, error)
    told = [spelled(machine, one) for one in outcomes]
    if not call.check_mode:
        told = [without_stale(machine, given["run"], one) for one in told]
    return result(told, restart_pending=given["restart_pending"])


def account_restore(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    known = {
        "root": (str, "/"),
        "run": (str, ""),
        "profiles": (list, []),
        "reason": (str, "rollback"),
        "user_part": (dict, {}),
        **TIMES,
    }
    given = arguments(call, known)
    _require_parts(given)
    if given["reason"] not in ("rollback", "abort"):
        raise WrongArgument(f"value of reason must be one of: rollback, abort, got: {given['reason']}")
    try:
        outcomes = restore_host(
            _host(machine, given),
            given["run"],
            given["profiles"],
            only_open=given["reason"] == "abort",
            check_mode=call.check_mode,
        )
    except (OSError, ValueError) as error:
        return _no_place(machine, error)
    told = [spelled(machine, one) for one in outcomes]
    return result(told if call.check_mode else [without_stale(machine, given["run"], one) for one in told])


def _require_parts(given: dict[str, Any]) -> None:
    """The module hands these texts on to a scheduled task, so it cannot do without them."""
    require_real_root(given["root"])
    if set(given["user_part"]) != USER_PART or not all(given["user_part"].values()):
        raise WrongArgument("user_part is set by the action plugin: call smartde.nextcloud.account_move")


def _host(machine: WindowsMachine, given: dict[str, Any]) -> WindowsHost:
    return WindowsHost(machine, given["stop_seconds"], given["start_seconds"], given["wait_seconds"])


def _no_place(machine: WindowsMachine, error: Exception) -> dict[str, Any]:
    text = machine.drive.spell_all(str(error))
    return {
        "failed": True,
        "changed": False,
        "code": "state-failed",
        "msg": f"this host cannot remember a move: {text}",
    }
