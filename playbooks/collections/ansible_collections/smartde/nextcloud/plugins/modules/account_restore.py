#!/usr/bin/python
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
"""Take moves of Nextcloud desktop accounts back."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: account_restore
short_description: Take moves of Nextcloud desktop accounts back
version_added: 0.1.0
author: smartfleet contributors
description:
  - Stops the client, gives the configuration back, and starts the client.
  - A configuration that is byte for byte what the move wrote becomes the backup again. In another one only the values
    that the move changed go back, so what the user or the client changed since then stays. Where such a value is
    neither the old nor the new one, nothing is done and the outcome is V(refused).
  - Journals stay as they are, for they know more than the backup; a missing one is put back.
  - The copies of the keyring entries stay. Cookie jars do not come back; the client makes new ones.
  - Before anything is stopped it is asked whether the old name still leads to the same server.
extends_documentation_fragment: smartde.nextcloud.account_restore
attributes:
  check_mode:
    description: Can run in check mode.
    support: full
  diff_mode:
    description: Shows no difference.
    support: none
  platform:
    description: Where the module runs.
    support: full
    platforms: linux, windows
seealso:
  - module: smartde.nextcloud.account_move
"""

EXAMPLES = r"""
- name: Take the latest move of every profile back
  become: true
  smartde.nextcloud.account_restore:

- name: Take back what a failed run left unfinished
  become: true
  smartde.nextcloud.account_restore:
    run: "{{ order.run }}"
    reason: abort
"""

RETURN = r"""
profiles:
  description: One outcome for each profile, as M(smartde.nextcloud.account_move) returns them.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user.
      type: str
    config_path:
      description: The configuration.
      type: str
    outcome:
      description: What became of the profile; V(already) where nothing was to be taken back.
      type: str
      sample: rolled-back
      choices: [rolled-back, already, refused, failed]
    code:
      description: Why, as a stable word.
      type: str
    message:
      description: Why, for people.
      type: str
    do:
      description: What mends it.
      type: str
    changed:
      description: Whether anything was taken back.
      type: bool
    backup:
      description: The folder of the backup that was used.
      type: str
    steps:
      description: The steps in order.
      type: list
      elements: dict
    proofs:
      description: Always empty here.
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostwork import Host, restore_host, result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "default": "/"},
            "run": {"type": "str", "default": ""},
            "profiles": {"type": "list", "elements": "dict", "default": []},
            "reason": {"type": "str", "choices": ["rollback", "abort"], "default": "rollback"},
            "stop_seconds": {"type": "int", "default": 35},
            "start_seconds": {"type": "int", "default": 30},
            "wait_seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params = module.params
    if any(not {"user", "config_path"} <= set(profile) for profile in params["profiles"]):
        module.fail_json(msg="each of profiles needs user and config_path", code="profiles-incomplete")
    host = Host(params["root"], params["stop_seconds"], params["start_seconds"], params["wait_seconds"])
    try:
        outcomes = restore_host(
            host,
            params["run"],
            params["profiles"],
            only_open=params["reason"] == "abort",
            check_mode=module.check_mode,
        )
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"the moves of this host cannot be read: {error}", code="state-failed")
    module.exit_json(**result(outcomes))


if __name__ == "__main__":
    main()
