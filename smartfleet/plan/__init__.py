"""Facts in, a plan out: what happens to every profile, what is refused and why. No host and no server is asked."""

from __future__ import annotations

from smartfleet.plan.file import load_plan, plan_hash, save_plan
from smartfleet.plan.make import make_plan, plan_each

__all__ = ["load_plan", "make_plan", "plan_each", "plan_hash", "save_plan"]
