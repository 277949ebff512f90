#!/usr/bin/python
# Copyright: smartfleet contributors
# SPDX-License-Identifier: Apache-2.0
"""Show notices to the users of a host, on their desktop."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: user_notice
short_description: Show notices to users on their desktop
version_added: 0.3.0
author: smartfleet contributors
description:
  - Shows each user a notice in the desktop session that this user is logged on to, and may ask whether work can begin
    now or later.
  - On Linux it is what C(notify-send) does, asked of the service C(org.freedesktop.Notifications) on the user's session
    bus, in the user's name; no program needs to be installed for it. The text is escaped where the service would read
    markup in it.
  - Changes nothing on the host. A user who is not logged on is told nothing.
extends_documentation_fragment: smartde.nextcloud.user_notice
attributes:
  check_mode:
    description: Can run in check mode, and shows nothing then; RV(notices[].state) tells who could be told.
    support: full
  diff_mode:
    description: Shows no difference.
    support: none
  platform:
    description: Where the module runs.
    support: full
    platforms: linux, windows
"""

EXAMPLES = r"""
- name: Tell a user that work begins
  become: true
  smartde.nextcloud.user_notice:
    notices:
      - user: anna
        title: Your Nextcloud moves
        text: Your files stay where they are. You need not do anything.

- name: Ask a user whether work can begin
  become: true
  smartde.nextcloud.user_notice:
    notices:
      - user: anna
        title: Your Nextcloud moves
        text: May it begin now? It takes a few minutes.
        go_label: Yes, now
        later_label: No, later
    answer_seconds: 120
  register: asked
"""

RETURN = r"""
notices:
  description: What became of each notice, in the order of O(notices).
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user.
      type: str
    state:
      description: V(shown); V(absent) where the user has no desktop session now; V(failed) where showing it failed.
      type: str
      choices: [shown, absent, failed]
      sample: shown
    answer:
      description: V(go) or V(later) as the user chose; V(none) for silence, and for a question that was closed without
        a choice or that the desktop could not ask; empty where nothing was asked or shown.
      type: str
      choices: ['', go, later, none]
    code:
      description: Why it failed, or why no answer could be given, as a stable word.
      type: str
    message:
      description: Why, for people.
      type: str
    do:
      description: What mends it.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.smartde.nextcloud.plugins.module_utils.notices import NoticeError, parse_notices, tell_users


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "default": "/"},
            "notices": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "user": {"type": "str", "required": True},
                    "title": {"type": "str", "required": True},
                    "text": {"type": "str", "required": True},
                    "go_label": {"type": "str", "default": ""},
                    "later_label": {"type": "str", "default": ""},
                },
            },
            "answer_seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        notices = parse_notices(params["notices"])
    except NoticeError as error:
        module.fail_json(msg=str(error), code="notice-unfit")
    shown = tell_users(params["root"], notices, params["answer_seconds"], check_mode=module.check_mode)
    module.exit_json(changed=False, notices=shown)


if __name__ == "__main__":
    main()
