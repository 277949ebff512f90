"""What commands must not import: whoever calls them waits for it, and they make nothing of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.once
# a whole verb by what it imports last
VERBS = {
    "audit": ("smartfleet.cli.verbs.audit", "smartfleet.cli.looking"),
    "status": ("smartfleet.cli.verbs.status", "smartfleet.store"),
    "plan": ("smartfleet.cli.verbs.plan", "smartfleet.store"),
}
# models are classes that pydantic builds: a millisecond or so each
NEVER = (
    "smartfleet.model.documents",
    "smartfleet.model.doctor",
    "smartfleet.model.engines",
    "smartfleet.model.events",
    "smartfleet.model.evidence",
    "smartfleet.model.explain",
    "smartfleet.model.notices",
    "smartfleet.model.queue",
    "smartfleet.cli.watch",
    "alembic",
)
SENDING = ("smartfleet.notify.deliver", "smartfleet.report.redact", "smtplib", "email.policy")
UNUSED = {
    "audit": (*SENDING, "smartfleet.report.changes", "httpx", "jinja2"),
    "status": (*SENDING, "httpx", "jinja2"),
    # it asks the new server who it is
    "plan": (*SENDING, "smartfleet.report.changes"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_command_imports_nothing_that_only_others_use(verb: str) -> None:
    code = f"import sys, {', '.join(VERBS[verb])}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [name for name in (*NEVER, *UNUSED[verb]) if name in done.stdout.split()] == []
