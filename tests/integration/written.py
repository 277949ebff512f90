"""What stands in files at this moment, while others write and delete them."""

from __future__ import annotations

import os
from pathlib import Path


def written(place: Path) -> set[bytes]:
    """The contents of all files below `place` that stay long enough to be read."""
    found = set()
    for folder, _, names in os.walk(place):
        for path in (Path(folder, name) for name in names):
            try:
                if path.is_file():
                    found.add(path.read_bytes())
            except OSError:
                # it was there a moment ago
                continue
    return found
