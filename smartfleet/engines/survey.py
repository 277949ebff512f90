"""Asks every engine of a fleet for its workers, and each worker what it is. Nothing is begun."""

from __future__ import annotations

import math
from collections.abc import Mapping

from smartfleet.engines.choose import Engines
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import LOCAL, EngineSettings
from smartfleet.model.engines import EngineKind, EnginesDocument, EngineSeen, WorkerSeen

_LONGEST = 200


def survey(settings: EngineSettings, engines: Engines) -> EnginesDocument:
    """One engine after the other; each asks its workers at the same time."""
    return EnginesDocument(engines=[_seen(name, settings, engines) for name in settings.names])


def _seen(name: str, settings: EngineSettings, engines: Engines) -> EngineSeen:
    seen = EngineSeen(
        name=name,
        kind=_kind(name, settings),
        state="ok",
        default=settings.default == name,
        sites=settings.sites_of(name),
        workers=[],
    )
    try:
        told = engines.engine(name).check()
    except EngineError as error:
        return seen.model_copy(update={"state": "failed", **_words(error)})
    workers = [_worker(worker, about) for worker, about in told.items()]
    failed = [worker.worker for worker in workers if worker.state == "failed"]
    if failed:
        return seen.model_copy(update={"workers": workers, "state": "failed", **_some(failed, len(workers))})
    return seen.model_copy(update={"workers": workers})


def _some(failed: list[str], of: int) -> dict[str, str]:
    return {
        "code": "engine/workers",
        "message": f"{len(failed)} of {of} workers cannot be used: {', '.join(failed)}",
        "why": "hosts that would be theirs wait",
        "do": "mend what is told of each",
    }


def _kind(name: str, settings: EngineSettings) -> EngineKind:
    if name == LOCAL:
        return "local"
    return "ssh" if name in settings.ssh else "dask"


def _worker(worker: str, about: object) -> WorkerSeen:
    if isinstance(about, EngineError):
        return WorkerSeen(worker=worker, state="failed", **_words(about))
    said = about if isinstance(about, Mapping) else {}
    collections = said.get("collections")
    free, ahead = said.get("free_bytes"), said.get("ahead")
    return WorkerSeen(
        worker=worker,
        state="ok",
        name=_text(said.get("name")),
        smartfleet=_text(said.get("smartfleet")),
        ansible_core=_text(said.get("ansible_core")),
        python=_text(said.get("python")),
        collections=[_text(one) for one in collections] if isinstance(collections, list) else [],
        free_bytes=free if isinstance(free, int) else None,
        ahead=float(ahead) if isinstance(ahead, int | float) and math.isfinite(ahead) else None,
    )


def _text(said: object) -> str:
    return said[:_LONGEST] if isinstance(said, str) else ""


def _words(error: EngineError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "why": error.why, "do": error.do}
