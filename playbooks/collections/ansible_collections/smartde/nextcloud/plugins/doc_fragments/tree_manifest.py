"""Options of tree_manifest and its twin on Windows."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  root:
    description: A folder that holds the host, as for C(systemctl --root); on Windows one that stands for C(C:\), which
      V(/) itself means there. See M(smartde.nextcloud.client_facts).
    type: path
    default: /
  level:
    description:
      - V(size) compares path, size and time with the manifest, and with the journal where it can be read.
      - V(content) reads every file and compares its digest with the manifest's, else with the journal's checksum.
      - V(journal) is V(size), and says that the disk must equal the journal.
      - V(server) is V(journal), and compares the journal with the server by etags. The server is asked from inside the
        user's session, with the secret of the account.
    type: str
    choices: [size, content, journal, server]
    default: size
  run:
    description:
      - The run whose manifest is compared with; V(latest) for the latest move of each profile. Empty for none.
    type: str
    default: ''
  profiles:
    description: The profiles to look at; all if empty.
    type: list
    elements: dict
    default: []
    suboptions:
      user:
        description: The user's name.
        type: str
        required: true
      config_path:
        description: The path of the configuration as M(smartde.nextcloud.client_facts) spells it.
        type: str
        required: true
  users:
    description: Names of the users to look at; all if empty.
    type: list
    elements: str
    default: []
  examples:
    description: How many examples of differences a comparison may name. Counts are always whole.
    type: int
    default: 20
  ask_server:
    description: Whether the server is asked at a level below V(server) too.
    type: bool
    default: false
  timeout:
    description: How many seconds one folder may take. A network home that does not answer is given up earlier.
    type: int
    default: 7200
"""
