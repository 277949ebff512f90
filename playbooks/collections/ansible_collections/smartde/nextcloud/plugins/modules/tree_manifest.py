#!/usr/bin/python
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
"""Compare the Nextcloud sync folders of a host with what they were, with the journal and with the server."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tree_manifest
short_description: Compare Nextcloud sync folders with an earlier state, the journal and the server
version_added: 0.1.0
author: smartfleet contributors
description:
  - Looks at every sync folder of the Nextcloud desktop clients of a host, and counts what is as it was before a move,
    what the client has synced since, what the user has changed and what is lost. Changes nothing.
  - The state before is the manifest that M(smartde.nextcloud.account_move) wrote. It stays on the host; only counts, a
    digest of the whole folder and a few examples leave it.
  - Placeholders of virtual files are never opened, links never followed. Each folder is read by a child process that
    has become its owner. Memory does not grow with the number of files.
  - A file that is not on the disk while the journal still has it counts as lost against the manifest. The user may
    have deleted it while the client did not run; nothing on the host tells which.
extends_documentation_fragment: smartde.nextcloud.tree_manifest
attributes:
  check_mode:
    description: Can run in check mode and return the same answer.
    support: full
  diff_mode:
    description: Returns no differences of files.
    support: none
  platform:
    description: Where the module runs.
    support: full
    platforms: linux, macos, windows
"""

EXAMPLES = r"""
- name: Compare the folders of this host with their state before the latest move
  become: true
  smartde.nextcloud.tree_manifest:
    level: content
    run: latest
  register: trees

- name: Ask the server as well, for one user
  become: true
  smartde.nextcloud.tree_manifest:
    level: server
    run: latest
    users: [anna]
"""

RETURN = r"""
folders:
  description: One entry for each sync folder.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user's name.
      type: str
    config_path:
      description: The configuration that names the folder.
      type: str
    account:
      description: The account's number in it.
      type: str
    group:
      description: The group of folders in it.
      type: str
      sample: Folders
    alias:
      description: The folder's name in the group.
      type: str
    local_path:
      description: Where the folder is. Bytes that are no UTF-8 stand as C(\\xNN), here and in examples.
      type: str
    url:
      description: The account's server at the time of the check.
      type: str
    state:
      description: V(ok) if the folder was looked at, else why it was not.
      type: str
      choices: [ok, missing, link, not-a-folder, relative, root, outside-home, foreign-owner, unreadable, unwalked]
    detail:
      description: More about the state.
      type: str
    level:
      description: The level that was asked for.
      type: str
    files:
      description: Files on the disk, without placeholders and the client's own.
      type: int
    bytes:
      description: Their size.
      type: int
    placeholders:
      description: Files that are on the server only.
      type: int
    root_digest:
      description: SHA-256 over names, kinds, sizes, times and, at the level V(content), contents.
      type: str
    before:
      description:
        - The disk against the manifest. C(done) or C(reason); counts C(same), C(synced), C(user), C(lost),
          C(conflicts), C(unproven); C(examples), each with C(path), C(kind) and C(detail).
      type: dict
    journal:
      description: The disk against the journal, as C(before).
      type: dict
    server:
      description: The journal against the server, as C(before).
      type: dict
    etags:
      description: Names in the folder with the etags that the journal has, for a check from elsewhere; at most 1000.
      type: dict
problems:
  description: What could not be seen, each with C(code) and C(message).
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.smartde.nextcloud.plugins.module_utils.treecheck import Wish, check_host


def main() -> None:
    profile = {"user": {"type": "str", "required": True}, "config_path": {"type": "str", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "default": "/"},
            "level": {"type": "str", "choices": ["size", "content", "journal", "server"], "default": "size"},
            "run": {"type": "str", "default": ""},
            "profiles": {"type": "list", "elements": "dict", "options": profile, "default": []},
            "users": {"type": "list", "elements": "str", "default": []},
            "examples": {"type": "int", "default": 20},
            "ask_server": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 7200},
        },
        supports_check_mode=True,
    )
    params = module.params
    wish = Wish(
        root=params["root"],
        level=params["level"],
        run=params["run"],
        users=tuple(params["users"]),
        profiles=tuple((one["user"], one["config_path"]) for one in params["profiles"]),
        examples=max(0, params["examples"]),
        ask_server=params["ask_server"],
        seconds=float(params["timeout"]),
    )
    try:
        folders, problems = check_host(wish)
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"the folders could not be looked at: {error}", code="trees-failed")
    module.exit_json(changed=False, folders=folders, problems=problems)


if __name__ == "__main__":
    main()
