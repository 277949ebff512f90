"""Which modules are played, by the name that playbooks call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.plays import facts, move, notices, package, stock, trees
from smartfleet.lab.windows.plays.arguments import WrongArgument
from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated

Play = Callable[[WindowsMachine, ModuleCall], dict[str, Any]]

OWN: dict[str, Play] = {
    "win_client_facts": facts.client_facts,
    "win_account_move": move.account_move,
    "win_account_restore": move.account_restore,
    "win_tree_manifest": trees.tree_manifest,
    "win_winget": package.win_winget,
    "win_user_notice": notices.user_notice,
    "win_host_unlock": notices.host_unlock,
}
STOCK: dict[str, Play] = {
    "setup": stock.setup,
    "win_ping": stock.win_ping,
    "win_stat": stock.win_stat,
    "win_find": stock.win_find,
    "slurp": stock.slurp,
}


WINDOWS: dict[str, Play] = {"win_package": package.win_package}
COLLECTIONS: dict[str, dict[str, Play]] = {
    "": STOCK,
    "ansible.legacy": STOCK,
    "ansible.builtin": STOCK,
    "ansible.windows": STOCK | WINDOWS,
    "smartde.nextcloud": OWN,
}


def run_module(machine: WindowsMachine, call: ModuleCall) -> dict[str, Any]:
    """The module's answer. NotEmulated for what nobody plays here."""
    collection, _, name = call.name.rpartition(".")
    play = COLLECTIONS.get(collection, {}).get(name)
    if play is None:
        raise NotEmulated(f"the module {call.name}")
    try:
        return play(machine, call)
    except WrongArgument as error:
        return {"failed": True, "changed": False, "msg": str(error)}
