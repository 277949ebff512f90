"""Options of client_facts and its twin on Windows."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  root:
    description:
      - A folder that holds the host, as for C(systemctl --root). Users come from its C(etc/passwd), what smartfleet
        remembers from its C(var/lib/smartfleet), sessions from its C(run/user), the client from its C(usr/bin).
      - On Windows V(/) is the real C(C:\), and any other value a folder that stands for it.
    type: path
    default: /
  users:
    description: Names of the users to look at; all if empty.
    type: list
    elements: str
    default: []
"""
