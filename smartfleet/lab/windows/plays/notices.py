"""`win_user_notice` and `win_host_unlock`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import unlock
from ansible_collections.smartde.nextcloud.plugins.module_utils.notices import NoticeError, parse_notices
from ansible_collections.smartde.nextcloud.plugins.module_utils.notifying import Notice, Shown

from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.plays.arguments import REQUIRED, WrongArgument, arguments
from smartfleet.lab.windows.plays.facts import require_real_root
from smartfleet.lab.winrm.machine import ModuleCall

NEEDED, OPTIONAL = frozenset({"user", "title", "text"}), frozenset({"go_label", "later_label"})


def user_notice(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    given = arguments(call, {"root": (str, "/"), "notices": (list, REQUIRED), "answer_seconds": (int, 60)})
    require_real_root(given["root"])
    for one in given["notices"]:
        _require_keys(one)
    try:
        notices = parse_notices(given["notices"])
    except NoticeError as error:
        return {"failed": True, "changed": False, "code": "notice-unfit", "msg": f"nobody was told: {error}"}
    shown = [_show(machine, notice, rehearse=call.check_mode) for notice in notices]
    if any(one.answer == "none" for one in shown):
        time.sleep(given["answer_seconds"])
    return {"changed": False, "notices": [asdict(one) for one in shown]}


def host_unlock(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    given = arguments(call, {"root": (str, "/"), "run": (str, "")})
    require_real_root(given["root"])
    found = unlock(os.fspath(machine.root), given["run"], check_mode=call.check_mode)
    if found.state == "working":
        # who has the file of the lock open on Windows lets nobody read it
        found = replace(found, run="")
    return {"changed": found.state == "removed", "lock": asdict(found)}


def _require_keys(notice: Mapping[str, Any]) -> None:
    missing, strange = sorted(NEEDED - set(notice)), sorted(set(notice) - NEEDED - OPTIONAL)
    if missing:
        raise WrongArgument(f"missing required arguments: {', '.join(missing)} found in notices")
    if strange:
        raise WrongArgument(f"Unsupported parameters for (win_user_notice) module: {', '.join(strange)}")


def _show(machine: WindowsMachine, notice: Notice, *, rehearse: bool) -> Shown:
    if notice.user not in {one.user for one in machine.profiles()}:
        return Shown(notice.user, "failed", code="unknown-user", message="there is no such user")
    if machine.session(notice.user) is None:
        return Shown(notice.user, "absent")
    if rehearse:
        return Shown(notice.user, "shown")
    answer = machine.screens.show(notice.user, notice.title, notice.text, asks=notice.asks)
    return Shown(notice.user, "shown", answer or "none" if notice.asks else "")
