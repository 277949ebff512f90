"""What a lab needs besides smartfleet itself. Imports nothing of it, so that it can be asked first."""

from __future__ import annotations

import importlib.util
import shutil

from smartfleet.errors import LabError

MODULES = ("aiohttp", "asyncssh", "jeepney", "psrpcore", "spnego")
WORKER_MODULES = ("distributed",)


def check_requirements(*, workers: bool = False) -> None:
    """LabError that names what is missing and how to get it; `workers`: the lab shall have some."""
    missing = [name for name in MODULES + WORKER_MODULES * workers if importlib.util.find_spec(name) is None]
    if missing:
        extras, plural = ("lab,dask", "extras") if workers else ("lab", "extra")
        raise LabError(
            "lab/extra-missing",
            f"the lab needs {', '.join(missing)}",
            do=f"install smartfleet with its {extras} {plural}: pip install 'smartfleet[{extras}]'",
        )
    if shutil.which("ssh") is None:
        raise LabError("lab/ssh-missing", "there is no ssh on the PATH", do="install the OpenSSH client")
