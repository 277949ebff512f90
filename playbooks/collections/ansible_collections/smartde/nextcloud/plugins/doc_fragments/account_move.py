"""Options of account_move and its twin on Windows."""

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
    description: The id of the run. Letters, digits, dot, dash and underscore.
    type: str
    required: true
  phases:
    description:
      - V(prepare) ends with the client stopped and the backup made, V(commit) does the rest. Give both in one task, or
        V(prepare) and V(commit) in two with the installation of the client's package between them.
      - V(purge) stands alone. It deletes the copies that the latest cure of each profile has set aside, if they hold
        nothing of their own. O(profiles) then names profiles by C(user) and C(config_path) alone.
    type: list
    elements: str
    choices: [prepare, commit, purge]
    default: [prepare, commit]
  profiles:
    description:
      - The orders, one for each configuration file, as the plan has them (C(ProfileMove)). They hold names of keyring
        entries and never a value.
    type: list
    elements: dict
    required: true
  lock_seconds:
    description:
      - How long the host stays reserved for O(run) between V(prepare) and V(commit). A run with the same orders may
        go on earlier. While a call works, the lock lasts as long as its process.
    type: int
    default: 3600
  restart_pending:
    description: Whether an installation between V(prepare) and V(commit) asked for a restart of the host. Stands in
      each outcome; nothing is restarted.
    type: bool
    default: false
  stop_seconds:
    description: How long a client may take to end, after being asked and then, on Linux, by SIGTERM.
      It is never killed.
    type: int
    default: 35
  start_seconds:
    description: How long a client may take to start and to name its accounts.
    type: int
    default: 30
  wait_seconds:
    description: How long another call that works on this host is waited for, for example one whose controller died.
    type: int
    default: 60
"""
