"""A read-only playbook from its command line to its end. Importing this reads Ansible's settings: environment first.

`make_ready` comes before all else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ansible import context
from ansible.cli import CLI
from ansible.errors import AnsibleError
from ansible.plugins.loader import add_all_plugin_dirs, connection_loader, init_plugin_loader, inventory_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.display import Display
from ansible.vars.hostvars import HostVars

from smartfleet import garbage
from smartfleet.reading.commandline import CommandLine
from smartfleet.reading.core import Core
from smartfleet.reading.directives import find_fast
from smartfleet.reading.job import Shop
from smartfleet.reading.many import carry_out
from smartfleet.reading.messages import make_once
from smartfleet.reading.passwords import passwords
from smartfleet.reading.plays import Play, plays
from smartfleet.reading.surroundings import Surroundings
from smartfleet.reading.templates import compile_once
from smartfleet.reading.transports import ask_plainly
from smartfleet.reading.turn import Turn

S = TypeVar("S")

_FAILED, _UNREACHABLE = 2, 4
_SLOW = ("winrm", "psrp")


def make_ready() -> None:
    """What every use of plugins needs, once: where collections are, and what of Ansible's own has moved."""
    init_plugin_loader()
    inventory_loader.get("ansible.builtin.script", class_only=True)


def make_ready_for(inventory: str) -> None:
    """`inventory`: as `ansible-inventory` prints it. What connects to its Windows hosts takes a while to import."""
    for name in _SLOW:
        if f'"{name}"' in inventory:
            connection_loader.get(name, class_only=True)


def read(command: Sequence[str], answers: Mapping[str, str], surroundings: Surroundings) -> int:
    """The exit status that `ansible-playbook` would end with. What it has to say of no host goes to standard error."""
    try:
        with surroundings.turn.held():
            cli = CommandLine(["ansible-playbook", *command])
            try:
                cli.parse()
            except SystemExit as error:
                # an option that Ansible does not know; it has said so
                return int(error.code or 0)
            ask_plainly()
            core = _core(cli)
            secrets = passwords(answers)
            find_fast()
            make_once()
            compile_once()
            # looking through Ansible and the inventory again and again took a tenth of a run's time
            garbage.keep()
        time.sleep = _lending(time.sleep, surroundings.turn)
        shop = Shop(core, *surroundings)
        coming = plays(core, context.CLIARGS["args"][0], secrets)
        out: dict[str, str] = {}
        while play := _next(coming, surroundings.turn):
            if not carry_out(play, shop, context.CLIARGS["forks"], out):
                break
    except AnsibleError as error:
        Display().error(error)
        return int(error._exit_code)  # noqa: SLF001 - as Ansible's own commands end
    states = set(out.values())
    return _UNREACHABLE if "unreachable" in states else _FAILED if states else 0


def _core(cli: CommandLine) -> Core:
    """As `ansible-playbook` begins behind its options: plugins beside the playbook, vaults, inventory, limit."""
    beside = str(Path(context.CLIARGS["args"][0]).absolute().parent)
    add_all_plugin_dirs(beside)
    AnsibleCollectionConfig.playbook_paths = [beside]
    loader, inventory, variables = cli._play_prereqs()  # noqa: SLF001 - there is no other way to secrets and inventory
    CLI.get_host_list(inventory, context.CLIARGS["subset"])
    # the variable manager finds it by itself
    HostVars(inventory=inventory, variable_manager=variables, loader=loader)
    return Core(loader, inventory, variables)


def _next(coming: Iterator[Play], turn: Turn) -> Play | None:
    with turn.held():
        return next(coming, None)


def _lending(sleep: Callable[[S], None], turn: Turn) -> Callable[[S], None]:
    """What an action does between two looks at a host is waiting too."""

    def lent(seconds: S) -> None:
        with turn.lent():
            sleep(seconds)

    return lent
