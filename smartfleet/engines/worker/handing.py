"""Hands an inventory to Ansible without a file: it may hold the passwords of every host.

Ansible runs what stands in a folder as an inventory script; ours reads a pipe, into which a thread of this process
writes once.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import threading
from pathlib import Path

SCRIPT = "inventory.sh"
# which plugins the admin chose concerns the admin's own inventory; an empty one must not pass for a fleet
SETTINGS = {"ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.script", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True"}


def can_run_programs(folder: Path) -> bool:
    """Not where the administrator mounts the temporary folder without the right to (noexec). macOS does not tell."""
    return not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)


def hand_over(inventory: str, folder: Path) -> None:
    """Makes `SCRIPT` in a private `folder`. It can be run once."""
    pipe = folder / "inventory.pipe"
    os.mkfifo(pipe, 0o600)
    script = folder / SCRIPT
    script.write_text(f"#!/bin/sh\nexec cat {shlex.quote(str(pipe))}\n", encoding="utf-8")
    script.chmod(0o700)
    threading.Thread(target=_serve, args=(pipe, inventory.encode()), daemon=True).start()


def _serve(pipe: Path, content: bytes) -> None:
    """Waits for the reader; if Ansible ends before it reads, this thread ends with the process."""
    # a reader that goes away in the middle says why itself
    with contextlib.suppress(OSError), pipe.open("wb") as writer:
        # whoever runs the script again gets an error instead of waiting for ever
        pipe.unlink()
        writer.write(content)
