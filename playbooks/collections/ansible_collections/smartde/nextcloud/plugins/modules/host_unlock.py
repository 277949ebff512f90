#!/usr/bin/python
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
"""Take away the reservation that a run left on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: host_unlock
short_description: Take away the reservation that a run left on a host
version_added: 0.3.0
author: smartfleet contributors
description:
  - Between two tasks of one run, for example while a package is installed, a host is reserved for that run. Where the
    run will not come back, this takes the reservation away before it expires.
  - A module that works on the host now has the host's lock, and keeps it; nothing is taken away then.
  - What a move has begun stays as it is; M(smartde.nextcloud.account_restore) takes that back.
extends_documentation_fragment: smartde.nextcloud.host_unlock
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
- name: Take away whatever reservation a host has
  become: true
  smartde.nextcloud.host_unlock:
"""

RETURN = r"""
lock:
  description: What was found, and what became of it.
  returned: success
  type: dict
  contains:
    state:
      description: V(free) where nothing kept others away; V(removed) where a reservation was taken away; V(kept) for
        one of another run than O(run); V(working) where a module works on the host now.
      type: str
      choices: [free, removed, kept, working]
      sample: removed
    run:
      description: The run that has, or had, the host; empty where nobody had it, or where it cannot be told.
      type: str
    until:
      description: When the reservation would have expired, in seconds since the epoch; 0 where there is none.
      type: float
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import unlock


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "default": "/"},
            "run": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    try:
        found = unlock(module.params["root"], module.params["run"], check_mode=module.check_mode)
    except OSError as error:
        module.fail_json(msg=f"the lock of this host cannot be read: {error}", code="state-failed")
    module.exit_json(changed=found.state == "removed", lock=asdict(found))


if __name__ == "__main__":
    main()
