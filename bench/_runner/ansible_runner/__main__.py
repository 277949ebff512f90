"""`python -m ansible_runner worker --private-data-dir DIR`: takes the stream, and tells what hosts would have said."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from bench._synthetic import facts

_BLOCK = 1 << 18
_END = b'"eof"'


def main() -> None:
    """One host in twenty cannot be reached, one in a hundred fails, all others are moved at once."""
    _take_all()
    hosts = json.loads((Path(sys.argv[3]) / "hosts.json").read_text("utf-8"))
    for host in hosts:
        _tell(host, int(host.rpartition("-")[2]))
    print(json.dumps({"eof": True}), flush=True)


def _take_all() -> None:
    """The stream's input stays open after its end, as a worker leaves it."""
    tail = b""
    while _END not in tail:
        block = os.read(0, _BLOCK)
        if not block:
            raise SystemExit(1)
        tail = tail[-64:] + block


def _tell(host: str, number: int) -> None:
    if number % 20 == 7:
        _event("unreachable", host, "account_move", {"msg": "Connection timed out"})
        return
    seen = facts(number)
    state = {"outcome": "failed", "code": "proof-failed"} if number % 100 == 8 else {"outcome": "moved"}
    profiles = [{"user": one.user, "config_path": one.config.path, **state} for one in seen.profiles]
    _event("ok", host, "account_move", {"profiles": profiles})
    _event("ok", host, "client_facts", {"facts": seen.model_dump(mode="json")})


def _event(state: str, host: str, module: str, result: dict[str, object]) -> None:
    data = {"host": host, "resolved_action": f"smartde.nextcloud.{module}", "res": result}
    sys.stdout.write(json.dumps({"event": f"runner_on_{state}", "event_data": data}) + "\n")


if __name__ == "__main__":
    main()
