"""What smartfleet remembers: runs, facts, plans, outcomes, verdicts."""

from smartfleet.store.store import RunRecord, Store, new_run

__all__ = ["RunRecord", "Store", "new_run"]
