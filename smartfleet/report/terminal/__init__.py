"""Documents as people read them on a terminal. Each function makes something that rich can print; none prints."""

from __future__ import annotations

from smartfleet.report.terminal.audit import audit, host
from smartfleet.report.terminal.doctor import doctor
from smartfleet.report.terminal.outcomes import outcomes
from smartfleet.report.terminal.overview import report, show, status
from smartfleet.report.terminal.plan import plan
from smartfleet.report.terminal.verdicts import verdicts

__all__ = ["audit", "doctor", "host", "outcomes", "plan", "report", "show", "status", "verdicts"]
