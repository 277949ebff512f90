"""What Explorer remembers of folders with virtual files: removed under the name of the server that an account left."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.smartde.nextcloud.plugins.module_utils.outcome import Outcome
from ansible_collections.smartde.nextcloud.plugins.module_utils.state import of_run, read_json, transactions
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import Report

from smartfleet.lab.windows.drive import same
from smartfleet.lab.windows.machine import SYNC_ROOTS, WindowsMachine

STEPS = {"moved": ("remove-sync-roots", "old_url"), "rolled-back": ("undo-sync-roots", "new_url")}
"""The module's step, and which name of the server is stale then."""


def without_stale(machine: WindowsMachine, run: str, outcome: Outcome) -> Outcome:
    """Removes the stale keys of a profile that was moved or taken back; its outcome with that step."""
    if outcome.outcome not in STEPS:
        return outcome
    step, stale = STEPS[outcome.outcome]
    root = os.fspath(machine.root)
    mine = [
        known
        for known in (of_run(root, run) if run else transactions(root))
        if (known.user, known.config_path) == (outcome.user, outcome.config_path)
    ]
    order = read_json(f"{mine[-1].folder}/order.json")
    if order.get("cures"):
        return outcome  # a cure changes no server
    names = list(_stale_keys(machine, machine.profile(outcome.user).sid, order, stale))
    for name in names:
        machine.registry.delete(rf"{SYNC_ROOTS}\{name}")
    done = Report(step, "done", 0.0, f"{len(names)} removed") if names else Report(step, "skipped", 0.0, "none")
    return replace(outcome, steps=(*outcome.steps, done))


def _stale_keys(machine: WindowsMachine, sid: str, order: Mapping[str, Any], stale: str) -> Iterator[str]:
    """Keys of the order's folders under the stale name; one whose place is another folder is left alone."""
    for account in order["accounts"]:
        prefix = f"Nextcloud!{sid}!{account['user']}@{urlsplit(account[stale]).netloc}!"
        paths = [one["local_path"] for one in order["folders"] if one["account"] == account["number"]]
        for name in machine.registry.subkeys(SYNC_ROOTS):
            path = str(machine.registry.value(rf"{SYNC_ROOTS}\{name}\UserSyncRoots", sid))
            if name.startswith(prefix) and any(same(path, one) for one in paths):
                yield name
