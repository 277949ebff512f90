"""What smartfleet remembers: runs, facts, plans, outcomes, verdicts."""

from smartfleet.store.store import Store, new_run

__all__ = ["Store", "new_run"]
