"""The command line of `ansible-playbook`, as Ansible itself reads it.

Ansible's own class for it brings along all that runs playbooks, and paramiko: a tenth of a second for nothing.
"""

from __future__ import annotations

import argparse
from typing import Any

from ansible.cli import CLI
from ansible.cli.arguments import option_helpers
from ansible.utils.display import Display

_GROUPS = (
    option_helpers.add_connect_options,
    option_helpers.add_meta_options,
    option_helpers.add_runas_options,
    option_helpers.add_subset_options,
    option_helpers.add_check_options,
    option_helpers.add_inventory_options,
    option_helpers.add_runtask_options,
    option_helpers.add_vault_options,
    option_helpers.add_fork_options,
    option_helpers.add_module_options,
)


class CommandLine(CLI):  # type: ignore[misc] # ansible-core ships no types
    """Knows the options that can be part of a reading; `context.CLIARGS` holds what they say once it was parsed."""

    name = "ansible-playbook"

    def init_parser(self) -> None:
        super().init_parser(desc="Reads the hosts that a playbook names.")
        for add in _GROUPS:
            add(self.parser)
        self.parser.add_argument("args", metavar="playbook", nargs=1)

    def post_process_args(self, options: argparse.Namespace) -> Any:  # noqa: ANN401 - as Ansible declares it
        found = super().post_process_args(options)
        Display().verbosity = found.verbosity
        self.validate_conflicts(found, runas_opts=True, fork_opts=True)
        return found

    def run(self) -> None:
        """Nothing: `smartfleet.reading.reader` does the work."""
