"""Documents as people read them on a terminal. Each function makes something that rich can print; none prints.

Most documents are known here by name only: whoever shows one has made it, and need not build the models of all others.
"""

from __future__ import annotations

from smartfleet.report.terminal.audit import audit, host
from smartfleet.report.terminal.diff import diff
from smartfleet.report.terminal.doctor import doctor
from smartfleet.report.terminal.engines import engines
from smartfleet.report.terminal.evidence import evidence
from smartfleet.report.terminal.history import history
from smartfleet.report.terminal.notices import letters, notices, preview, unlock
from smartfleet.report.terminal.outbox import outbox
from smartfleet.report.terminal.outcomes import outcomes
from smartfleet.report.terminal.overview import locked, show, status
from smartfleet.report.terminal.plan import plan
from smartfleet.report.terminal.queue import queue
from smartfleet.report.terminal.report import report
from smartfleet.report.terminal.verdicts import verdicts

__all__ = [
    "audit",
    "diff",
    "doctor",
    "engines",
    "evidence",
    "history",
    "host",
    "letters",
    "locked",
    "notices",
    "outbox",
    "outcomes",
    "plan",
    "preview",
    "queue",
    "report",
    "show",
    "status",
    "unlock",
    "verdicts",
]
