"""Who works here, for runs, locks and the trail."""

from __future__ import annotations

import getpass
import os


def admin() -> str:
    """The account's name; with sudo also the name of the person behind it."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
    person = os.environ.get("SUDO_USER", "")
    return f"{person} as {name}" if person and person != name else name
