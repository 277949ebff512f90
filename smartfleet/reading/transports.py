"""How to connect, without paramiko: Ansible imports it whenever it asks for that, in case the answer is `smart`.

It asks 17 times for each host, and the first time imports it: by a profiler a fortieth of what reading 100 hosts took.
"""

from __future__ import annotations

from ansible import context
from ansible.playbook import attribute

# for Ansible to choose between ssh and paramiko
_CHOSEN = {"smart", "persistent"}


def ask_plainly() -> None:
    """For this process, once its options are known. Where Ansible is to choose it still does: that can only be said by
    the setting of which the option has its value; no playbook that reads names a connection, and what a host's
    variables say is not asked this way.
    """
    field = getattr(attribute, "ConnectionFieldAttribute", None)
    if field is not None and context.CLIARGS["connection"] not in _CHOSEN:
        field.__get__ = attribute.FieldAttribute.__get__
