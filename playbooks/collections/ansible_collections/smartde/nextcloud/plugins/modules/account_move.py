#!/usr/bin/python
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
"""Move Nextcloud desktop accounts of a host to another server name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: account_move
short_description: Move Nextcloud desktop accounts to another server name
version_added: 0.1.0
author: smartfleet contributors
description:
  - Carries out orders that C(smartfleet plan) made. For each profile it proves that the new name is the server that
    the sync journals belong to, stops the client, backs up configuration and journals, writes a manifest of the sync
    folders, copies the keyring entries inside the user's session, removes cookie jars, writes the new configuration in
    one atomic step, starts the client, and proves the result.
  - Whatever fails after the client was stopped is taken back and the old client started before it is reported. One
    profile that fails does not stop the others.
  - Each step leaves a mark in C(/var/lib/smartfleet). A call that died is gone on with by the next one that brings the
    same order, in the same or another run; an open move with another order is taken back and nothing else is done.
  - An order with cures (C(smartfleet fix)) moves no account. It takes a stale account out of the configuration, gives
    an account its original folder back where that loses nothing and renames the second copy, names a journal, or
    starts the client. The outcome then is V(cured).
  - A second call with an order that was carried out changes nothing. To the O(run) that did it it answers what that
    one was told then, with steps and proofs; to any other V(already).
  - The client is started if it ran before, or if the user has a desktop session; else it starts at the next login.
  - Files in a home are read and written by a child process that has become its owner. No secret leaves the host, nor
    the process that copies it.
  - For Linux. On Windows hosts M(smartde.nextcloud.win_account_move) runs in its place.
extends_documentation_fragment: smartde.nextcloud.account_move
attributes:
  check_mode:
    description: Can run in check mode; the outcome then is what the gates say, and V(prepared) with the code
      V(check-mode) for a profile that would be moved.
    support: full
  diff_mode:
    description: The plan has the difference; this module shows none.
    support: none
  platform:
    description: Where the module runs.
    support: full
    platforms: linux, windows
"""

EXAMPLES = r"""
- name: Move the accounts of this host
  become: true
  smartde.nextcloud.account_move:
    run: "{{ order.run }}"
    profiles: "{{ order.profiles }}"

- name: Stop the clients and back up, before a package is installed
  become: true
  smartde.nextcloud.account_move:
    run: "{{ order.run }}"
    phases: [prepare]
    profiles: "{{ order.profiles }}"
"""

RETURN = r"""
profiles:
  description: One outcome for each of O(profiles), in their order. The module itself fails only where the host has no
    place to remember a move.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: As in the order.
      type: str
    config_path:
      description: As in the order.
      type: str
    outcome:
      description: What became of the profile.
      type: str
      sample: moved
      choices: [moved, cured, already, prepared, waiting-session, waiting-sign-in, refused, failed]
    code:
      description: Why, as a stable word; empty for V(moved) and V(already).
      type: str
      sample: keyring-locked
    message:
      description: Why, for people.
      type: str
    do:
      description: What mends it.
      type: str
    changed:
      description: Whether the run has changed anything. After a failure everything is as before.
      type: bool
    restart_pending:
      description: As O(restart_pending).
      type: bool
    backup:
      description: The folder of the backup, for the administrator only.
      type: str
    steps:
      description: The steps in order, each with C(step), C(state), C(seconds) and C(detail).
      type: list
      elements: dict
    proofs:
      description: What was proven after the move, each with C(proof), C(state) (ok, failed or unknown) and C(detail).
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostwork import Host, move_host, result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "default": "/"},
            "run": {"type": "str", "required": True},
            "phases": {
                "type": "list",
                "elements": "str",
                "choices": ["prepare", "commit", "purge"],
                "default": ["prepare", "commit"],
            },
            "profiles": {"type": "list", "elements": "dict", "required": True},
            "lock_seconds": {"type": "int", "default": 3600},
            "restart_pending": {"type": "bool", "default": False},
            "stop_seconds": {"type": "int", "default": 35},
            "start_seconds": {"type": "int", "default": 30},
            "wait_seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params = module.params
    host = Host(params["root"], params["stop_seconds"], params["start_seconds"], params["wait_seconds"])
    try:
        outcomes = move_host(
            host,
            params["run"],
            params["profiles"],
            frozenset(params["phases"]),
            lock_seconds=params["lock_seconds"],
            check_mode=module.check_mode,
        )
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"this host cannot remember a move: {error}", code="state-failed")
    module.exit_json(**result(outcomes, restart_pending=params["restart_pending"]))


if __name__ == "__main__":
    main()
