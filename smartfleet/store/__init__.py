"""What smartfleet remembers: runs, facts, plans, outcomes, verdicts."""

from smartfleet.store.store import RunRecord, Store

__all__ = ["RunRecord", "Store"]
