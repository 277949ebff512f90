"""What the program has at hand before Ansible is there."""

from __future__ import annotations

from typing import NamedTuple

from smartfleet.reading.children import Children
from smartfleet.reading.events import Events
from smartfleet.reading.masters import Masters
from smartfleet.reading.turn import Turn


class Surroundings(NamedTuple):
    """`masters`: those of this run's private folder."""

    events: Events
    turn: Turn
    children: Children
    masters: Masters
