"""What smartfleet remembers: runs and how far they are, facts, plans, outcomes, verdicts, locks, the audit trail."""

from smartfleet.store.lease import Owner
from smartfleet.store.runs import new_run
from smartfleet.store.store import Store

__all__ = ["Owner", "Store", "new_run"]
