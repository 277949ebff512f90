"""The inventory as it was read last, so that waves need not read it anew: thousands of hosts take seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from smartfleet.campaign.inventory import InventoryHost, Listing, read
from smartfleet.engines.ahead import Ahead

# a run may wait for days, and the inventory goes on
_FRESH_SECONDS = 600.0
_Place = tuple[Path, Path]


@dataclass(frozen=True)
class _Kept:
    read: float
    whole: bool
    listing: Listing


@dataclass
class Listings:
    """Shared by all that work on one fleet. `now`: seconds of a clock that never jumps."""

    now: Callable[[], float] = time.monotonic
    _kept: dict[_Place, _Kept] = field(default_factory=dict, repr=False)
    _coming: dict[tuple[_Place, str | None], Future[Listing]] = field(default_factory=dict, repr=False)

    def read_ahead(self, inventory: Path, limit: str | None, *, folder: Path, ahead: Ahead) -> None:
        """Has `ahead` begin what `hosts` will ask for; what goes wrong is raised there."""
        coming: Future[Listing] = Future()

        def work() -> None:
            try:
                coming.set_result(read(inventory, limit, folder=folder, ahead=ahead))
            except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                coming.set_exception(error)

        self._coming[(inventory, folder), limit] = coming
        # a program that ends for another reason does not wait for the inventory
        threading.Thread(target=work, daemon=True).start()

    def hosts(self, inventory: Path, limit: str | None, *, folder: Path) -> list[InventoryHost]:
        """As `smartfleet.campaign.inventory.resolve`; what was read is kept for `covering`."""
        kept = self._fresh((inventory, folder))
        known = kept if limit is None and kept and kept.whole else self._read(inventory, limit, folder)
        return list(known.listing.hosts)

    def covering(self, inventory: Path, names: Collection[str], *, folder: Path) -> Listing:
        """A listing in which all of `names` are, or the whole inventory. Raises InventoryError."""
        kept = self._fresh((inventory, folder))
        if kept and (kept.whole or set(names) <= {host.name for host in kept.listing.hosts}):
            return kept.listing
        return self._read(inventory, None, folder).listing

    def whole(self, inventory: Path, *, folder: Path) -> list[InventoryHost] | None:
        """All hosts, where the last reading was of all; None where it was of some."""
        kept = self._fresh((inventory, folder))
        return list(kept.listing.hosts) if kept and kept.whole else None

    def _read(self, inventory: Path, limit: str | None, folder: Path) -> _Kept:
        coming = self._coming.pop(((inventory, folder), limit), None)
        listing = coming.result() if coming else read(inventory, limit, folder=folder)
        found = _Kept(self.now(), limit is None, listing)
        self._kept[inventory, folder] = found
        return found

    def _fresh(self, place: _Place) -> _Kept | None:
        kept = self._kept.get(place)
        return kept if kept and self.now() - kept.read < _FRESH_SECONDS else None
