"""A plan as a file: sealed with a hash, private to the admin, and taken as it stands or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from smartfleet.errors import PlanError
from smartfleet.model.plan import Plan
from smartfleet.text import visible

SCHEMA = "smartfleet.plan/1"
_LARGEST = 1_000_000_000
_AGAIN = "Make a new one: smartfleet plan"


def plan_hash(plan: Plan) -> str:
    """SHA-256 of the plan's canonical JSON (sorted keys, no blanks, UTF-8) without `hash`."""
    head = plan.model_dump(mode="json", exclude={"hash", "hosts"}) | {"hosts": None}
    digest = hashlib.sha256()
    for number, key in enumerate(sorted(head)):
        digest.update(("{" if number == 0 else ",").encode() + _canonical(key) + b":")
        if key != "hosts":
            digest.update(_canonical(head[key]))
            continue
        # a host at a time: all of a large fleet at once would double what the plan takes in memory
        for place, host in enumerate(plan.hosts):
            digest.update((b"," if place else b"[") + _canonical(host.model_dump(mode="json")))
        digest.update(b"]" if plan.hosts else b"[]")
    digest.update(b"}")
    return digest.hexdigest()


def _canonical(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # a lone surrogate cannot come out of UTF-8 facts, but must not stop anybody here
    return text.encode("utf-8", "surrogatepass")


def sealed(plan: Plan) -> Plan:
    """The plan with its hash."""
    return plan.model_copy(update={"hash": plan_hash(plan)})


def save_plan(plan: Plan, path: Path) -> None:
    """Writes the plan in one go, readable for its owner only. Raises PlanError."""
    text = plan.model_dump_json(indent=1)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise PlanError("plan/unwritable", f"{path} cannot be written: {error.strerror or error}") from None


def load_plan(path: Path, *, now: float, max_age: float | None = None) -> Plan:
    """The plan in `path`; with `max_age` (seconds) also its facts must be young enough. Raises PlanError."""
    document = _document(path)
    try:
        plan = Plan.model_validate(document)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise PlanError("plan/broken", f"{path} is no plan that can be read: see {where}", do=_AGAIN) from None
    if plan.hash != plan_hash(plan):
        raise PlanError(
            "plan/edited",
            f"{path} is not as smartfleet wrote it: its hash does not fit",
            why="Only what was shown and saved is applied.",
            do=_AGAIN,
        )
    _check_age(plan, path, now, max_age)
    return plan


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise PlanError("plan/not-a-plan", f"{path} is too large for a plan")
        document = json.loads(path.read_bytes())
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
        raise PlanError("plan/unreadable", message, do=_AGAIN) from None
    except (ValueError, RecursionError):
        raise PlanError("plan/not-a-plan", f"{path} is not JSON", do=_AGAIN) from None
    if not isinstance(document, dict):
        raise PlanError("plan/not-a-plan", f"{path} is no plan", do=_AGAIN)
    schema = document.get("schema")
    if schema != SCHEMA:
        newer = isinstance(schema, str) and schema.startswith("smartfleet.plan/")
        code, what = (
            ("plan/schema", f"has schema {visible(str(schema))}") if newer else ("plan/not-a-plan", "is no plan")
        )
        raise PlanError(code, f"{path} {what}; this smartfleet reads {SCHEMA}", do=_AGAIN)
    return document


def _check_age(plan: Plan, path: Path, now: float, max_age: float | None) -> None:
    if max_age is None or not plan.hosts:
        return
    oldest = min(plan.hosts, key=lambda host: host.facts_taken)
    age, limit = (now - oldest.facts_taken) / 3600, max_age / 3600
    if age > limit:
        raise PlanError(
            "plan/stale",
            f"{path} rests on facts that are {age:.1f} h old ({oldest.host}); the limit is {limit:.1f} h",
            why="Hosts change: every host would be refused that is not as the plan presumes.",
            do="Look again: smartfleet audit && smartfleet plan",
        )
