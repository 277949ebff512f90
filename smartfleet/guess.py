"""What somebody meant who wrote a name that nothing has."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def meant(name: str, known: Collection[str]) -> str:
    """The end of a sentence that says that there is no `name`."""
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f": did you mean {close[0]}?" if close else f": known here are {', '.join(known)}"
