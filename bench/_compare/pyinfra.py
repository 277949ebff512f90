"""pyinfra in a virtual environment of its own: it wants an older paramiko than smartfleet."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

VERSION = "3.10.0"


@functools.cache
def installed() -> Path | None:
    """The program, installed at first use below the user's cache folder; None, with the reason said, if that fails."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "smartfleet-bench" / f"pyinfra-{VERSION}-python{sys.version_info.major}.{sys.version_info.minor}"
    program = folder / "bin/pyinfra"
    if program.exists():
        return program
    print(f"installing pyinfra {VERSION} into {folder}", file=sys.stderr)
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, f"pyinfra=={VERSION}"], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder)
        print(f"pyinfra cannot be installed, the table does without: {done.stderr[-300:]}", file=sys.stderr)
        return None
    return program
