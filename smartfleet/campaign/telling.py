"""Tells whoever watches what goes on. A watcher that breaks is told nothing more; the run goes on without it."""

from __future__ import annotations

from collections.abc import Callable

from smartfleet.campaign.runner import Notify
from smartfleet.model.events import Event

Watch = Callable[[Event], None]


class Teller:
    """`notify` gets the reason, once."""

    def __init__(self, watch: Watch, notify: Notify) -> None:
        self._watch = watch
        self._notify = notify
        self._broken = False

    def __call__(self, event: Event) -> None:
        if self._broken:
            return
        try:
            self._watch(event)
        # whatever a watcher does wrong, hosts in the middle of a move must not suffer from it
        except Exception as error:  # noqa: BLE001
            self._broken = True
            self._notify(f"the run goes on, but its events are told no more: {type(error).__name__}: {error}")
