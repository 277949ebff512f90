#!/usr/bin/python
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
"""Facts about the Nextcloud desktop clients of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: client_facts
short_description: Look at the Nextcloud desktop clients of a host
version_added: 0.1.0
author: smartfleet contributors
description:
  - Reads, for every user or the given ones, each configuration of the desktop client, its accounts' folders and
    journals, the running client, and whether the user has a desktop session with an unlocked keyring.
  - Changes nothing, starts nothing in a session and prompts nobody.
  - As root, everything inside a home is read by a child process that has become its owner. As an ordinary user only
    that user's own clients are seen; the others are named in RV(facts.problems).
  - Linux is supported. On macOS configurations, folders and journals are read and running clients are found with C(ps);
    sessions and the keychain are not looked at.
extends_documentation_fragment: smartde.nextcloud.client_facts
attributes:
  check_mode:
    description: Can run in check mode.
    support: full
  diff_mode:
    description: Never changes anything, so has no difference to show.
    support: none
  platform:
    description: Where the module runs.
    support: full
    platforms: posix, windows
"""

EXAMPLES = r"""
- name: Look at all clients of a host
  become: true
  smartde.nextcloud.client_facts:
  register: clients

- name: Look at one user's client
  become: true
  smartde.nextcloud.client_facts:
    users: [anna]
"""

RETURN = r"""
facts:
  description:
    - The document C(smartfleet.facts/1). Text from the host's disk is display text, in which bytes that are no UTF-8
      stand as C(\xNN). It holds names of keyring entries and never a value, and configurations with the values of
      plain-text passwords masked.
  returned: success
  type: dict
  contains:
    schema:
      description: The name and version of the document's schema.
      type: str
      sample: smartfleet.facts/1
    system:
      description: Operating system, host name, distribution, Python, clock, free space for backups.
      type: dict
    clients:
      description: Installed clients with version and Qt generation.
      type: list
      elements: dict
    profiles:
      description:
        - One entry for each configuration of each user, with C(config) (the raw bytes in base64, their hash, mode and
          state), C(client), C(session), C(autostart) (whether the desktop starts the client at logon), C(folders)
          (state, counts, journal, local changes), C(orphans) and the moves that the host remembers (C(transactions)).
      type: list
      elements: dict
    problems:
      description: What could not be seen, each with C(code) and C(message).
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.smartde.nextcloud.plugins.module_utils.hostfacts import look


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "default": "/"},
            "users": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        facts = look(module.params["root"], module.params["users"])
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"the host could not be looked at: {error}", code="facts-failed")
    module.exit_json(changed=False, facts=facts)


if __name__ == "__main__":
    main()
