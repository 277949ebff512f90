"""Models are built when the first of them is made, by whichever thread makes it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.once
AT_ONCE = """
import sys, threading
from smartfleet.model.assessment import HostAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan

MODELS = (HostFacts, HostAssessment, Plan)
assert not any(model.__pydantic_complete__ for model in MODELS), "built before anybody asked"
sys.setswitchinterval(1e-6)
start = threading.Barrier(8)
told = []

def ask():
    start.wait()
    for model in MODELS:
        try:
            model.model_validate({"stranger": 1})
        except Exception as error:
            told.append((model.__name__, type(error).__name__, "extra_forbidden" in str(error)))

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(told), sorted(set(told)))
"""


def test_threads_that_ask_at_once_get_the_same_model() -> None:
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=True)
    expected = [(name, "ValidationError", True) for name in ("HostAssessment", "HostFacts", "Plan")]
    assert done.stdout.strip() == f"24 {expected}"
