"""Options of account_restore and its twin on Windows."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  root:
    description: A folder that holds the host, as for C(systemctl --root); on Windows one that stands for C(C:\), which
      V(/) itself means there. See M(smartde.nextcloud.client_facts).
    type: path
    default: /
  run:
    description: The run whose moves are taken back; if empty, the latest one of each profile.
    type: str
    default: ''
  profiles:
    description: The profiles to take back, each with C(user) and C(config_path); all of the run if empty. Other keys
      are passed over, so that the orders of M(smartde.nextcloud.account_move) can be given as they are.
    type: list
    elements: dict
    default: []
  reason:
    description:
      - V(rollback) takes back whatever was moved. V(abort) takes back what is unfinished and leaves what has ended
        well; it is for the rescue of a play.
    type: str
    choices: [rollback, abort]
    default: rollback
  stop_seconds:
    description: As for M(smartde.nextcloud.account_move).
    type: int
    default: 35
  start_seconds:
    description: As for M(smartde.nextcloud.account_move).
    type: int
    default: 30
  wait_seconds:
    description: How long another call that works on this host is waited for, for example one whose controller died.
    type: int
    default: 60
"""
