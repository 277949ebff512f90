"""An SSH connection that is used once keeps no master: beginning and ending one costs more than it ever gives back.

Whether it is used once is seen at its first command: with pipelining that is the module itself, on its standard input.
Where Ansible first looks for Python, or copies files, there are more commands, and the master saves their handshakes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

_WITH_MASTER = "-C -o ControlMaster=auto -o ControlPersist=60s"
"""Ansible's own default. Whatever else an admin or a later Ansible wants is left as it is."""
# As with a master of Ansible's, what the user's own ssh configuration says of masters does not count. Without
# compression: the module is a zip already, and to press out what base64 adds to it takes half of ssh's time.
_WITHOUT = "-o ControlMaster=no -o ControlPath=none"
_MORE = ("ssh_common_args", "ssh_extra_args")


def without_master(connection: Any, method: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ANN401 - ansible-core ships no types
    """`method`: the connection's exec_command, for a host that is given a single task."""
    used = False

    @functools.wraps(method)
    def runs(cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002 - as Ansible declares it
        nonlocal used
        if in_data and not used and _is_plain(connection):
            connection.set_option("ssh_args", _WITHOUT)
        used = True
        return method(cmd, in_data=in_data, sudoable=sudoable)

    return runs


def _is_plain(connection: Any) -> bool:  # noqa: ANN401 - as above
    """Whether nobody has said anything of masters."""
    if connection.transport != "ssh" or connection.get_option_and_origin("ssh_args") != (_WITH_MASTER, "default"):
        return False
    return not any("control" in str(connection.get_option(name) or "").lower() for name in _MORE)
