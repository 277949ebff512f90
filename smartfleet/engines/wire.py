"""The lines between a controller and `smartfleet worker`: one JSON document each. Pure.

To the worker: the header, the payload's bytes, then `BEAT`, `STOP` and `CANCEL`; the end of input means cancel.
From the worker: what it is (`hello`), beats, numbered answers, and numbered as the last one how the shard ended. One
that refuses says no hello.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from smartfleet import __version__
from smartfleet.engines.order import Order
from smartfleet.engines.protocol import Ended
from smartfleet.engines.shard import Shard

PROTOCOL = 1
BEAT = b"beat\n"
STOP = b"stop\n"
CANCEL = b"cancel\n"
LONGEST_LINE = 96 * 1024 * 1024
"""Of a worker: one host's answer, which Ansible cuts at 64 MB."""


def beats(silence: float) -> float:
    """Seconds between two beats, for both sides: four are missed before the other is taken for gone."""
    return min(10.0, silence / 5)


def header(shard: Shard, order: Order, playbooks: str, now: float) -> bytes:
    """What a worker is asked to do. `playbooks`: the digest of the controller's playbooks; `now`: its clock."""
    return _line(
        {
            **_common(playbooks, now),
            "ask": "shard",
            "run": shard.run,
            "shard": shard.shard,
            "attempt": shard.attempt,
            "playbook": shard.playbook,
            "site": shard.site,
            "deadline": shard.deadline,
            "hosts": list(shard.hosts),
            "sha256": order.sha256,
            "size": order.size,
            "inventory": order.inventory,
            "variables": dict(order.variables),
            "given": order.given,
            "needs": list(order.needs),
            "configured": order.configured,
            "folder": str(order.folder) if order.folder else "",
            "silence": order.silence,
        }
    )


def question(playbooks: str, now: float) -> bytes:
    """Asks a worker what it is and whether it would do; it begins nothing."""
    return _line({**_common(playbooks, now), "ask": "check"})


def inventory(arguments: Sequence[str], environment: Mapping[str, str], now: float) -> bytes:
    """Asks a worker of this machine, begun ahead, what `ansible-inventory` prints; a shard may follow."""
    return _line({**_common("", now), "ask": "inventory", "arguments": arguments, "environment": dict(environment)})


def _common(playbooks: str, now: float) -> dict[str, Any]:
    return {"protocol": PROTOCOL, "version": __version__, "playbooks": playbooks, "now": now}


def hello(about: Mapping[str, object]) -> bytes:
    return _line({"hello": dict(about)})


def listing(found: Mapping[str, Any] | None) -> bytes:
    """`found`: exit status, output and errors, as `smartfleet.reading.listing.Listed`; None if there is no answer."""
    return _line({"listing": found})


def beat(number: int) -> bytes:
    """`number`: of the last numbered line."""
    return _line({"beat": number})


def answer(number: int, host: str, action: str, state: str, result: Mapping[str, Any]) -> bytes:
    return _line({"number": number, "host": host, "action": action, "state": state, "result": result})


def ended(number: int, end: Ended) -> bytes:
    return _line({"number": number, "ended": asdict(end)})


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode() + b"\n"
