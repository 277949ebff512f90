"""What a lab needs besides smartfleet itself. Imports nothing of it, so that it can be asked first."""

from __future__ import annotations

import importlib.util
import shutil

from smartfleet.errors import LabError

MODULES = ("aiohttp", "asyncssh", "jeepney")


def check_requirements() -> None:
    """LabError that names what is missing and how to get it."""
    missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise LabError(
            "lab/extra-missing",
            f"the lab needs {', '.join(missing)}",
            do="install smartfleet with its lab extra: pip install 'smartfleet[lab]'",
        )
    if shutil.which("ssh") is None:
        raise LabError("lab/ssh-missing", "there is no ssh on the PATH", do="install the OpenSSH client")
