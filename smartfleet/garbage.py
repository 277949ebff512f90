"""How often Python looks for garbage. Our programs are short, and most of what they make stays until they end."""

from __future__ import annotations

import atexit
import gc

_OBJECTS = 50_000
_SELDOM = (_OBJECTS, 20, 20)


def seldom() -> None:
    """For a controller: a fleet's documents live as long as the command, and to look through them again and again would
    take an eighth of its time.
    """
    gc.set_threshold(*_SELDOM)


def keep() -> None:
    """What is there by now stays: it is not looked through any more. So many new objects until what is new is."""
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    gc.enable()


def end_at_once() -> None:
    """When this program ends, all goes back with its process: Python would look through it several times before, which
    takes longer than many a command.
    """
    atexit.register(gc.freeze)
