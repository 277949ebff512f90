"""The engines of a fleet and their workers, and what mends those that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

from smartfleet.report.terminal.parts import Remark, remarks, section, stack, table, text, word
from smartfleet.text import bytes_text

if TYPE_CHECKING:
    from smartfleet.model.engines import EnginesDocument, EngineSeen, WorkerSeen


def engines(document: EnginesDocument) -> RenderableType:
    return stack(
        section("Engines", _engines(document.engines)),
        section("Workers", _workers(document.engines)) if any(one.workers for one in document.engines) else None,
        remarks("What is wrong", _remarks(document.engines)),
    )


def _engines(seen: list[EngineSeen]) -> Table:
    made = table("engine", "kind", "works on", "workers", "state", right=("workers",))
    for one in seen:
        made.add_row(text(one.name), one.kind, text(_works_on(one)), str(len(one.workers)), word(one.state))
    return made


def _works_on(engine: EngineSeen) -> str:
    sites = ", ".join(engine.sites)
    if not engine.default:
        return sites or "nothing, unless --engine names it"
    return f"{sites}, and all other hosts" if sites else "all hosts that no other engine has"


def _workers(seen: list[EngineSeen]) -> Table:
    made = table("engine", "worker", "machine", "smartfleet", "ansible-core", "Python", "free", "clock", "state")
    for engine in seen:
        for one in engine.workers:
            cells = (engine.name, one.worker, one.name, one.smartfleet, one.ansible_core, one.python)
            made.add_row(*map(text, cells), _free(one), _clock(one), word(one.state))
    return made


def _free(worker: WorkerSeen) -> str:
    return "" if worker.free_bytes is None else bytes_text(worker.free_bytes)


def _clock(worker: WorkerSeen) -> str:
    return "" if worker.ahead is None else f"{worker.ahead:+.1f} s"


def _remarks(seen: list[EngineSeen]) -> Iterator[Remark]:
    for engine in seen:
        troubled = [one for one in engine.workers if one.state == "failed"]
        for one in troubled:
            # the remark names the worker already
            message = one.message.removeprefix(f"worker {one.worker}: ")
            yield Remark("failed", one.code, one.worker, _told(message, one.why), one.do)
        if engine.state == "failed" and not troubled:
            yield Remark("failed", engine.code, engine.name, _told(engine.message, engine.why), engine.do)


def _told(message: str, why: str) -> str:
    return f"{message} ({why})" if why else message
