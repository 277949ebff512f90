"""Options of host_unlock and its twin on Windows."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  root:
    description: A folder that holds the host; see M(smartde.nextcloud.client_facts).
    type: path
    default: /
  run:
    description: Take the reservation of this run alone; if empty, whoever's it is.
    type: str
    default: ''
"""
