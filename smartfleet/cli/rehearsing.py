"""What `apply --check` cannot be given: options that say how a run goes over the fleet, where nothing goes."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.cli.going import Wishes
from smartfleet.errors import UsageError

_HONOURED = {"host_timeout", "probe_timeout"}
"""How long a host may take is as true of a question as of a move."""


def check_all_is_heeded(wishes: Wishes, **others: object) -> None:
    """UsageError where an option would do nothing. `others`: those beside the wishes, by the name of their option."""
    given = [*_named(wishes), *(f"--{name}" for name, value in others.items() if value)]
    if given:
        raise UsageError(
            "usage/check-has-no-run",
            f"--check does not go together with {', '.join(given)}",
            why="hosts are asked all at once and nothing is changed, so there are no waves, no budget, no windows, no "
            "queue and no run to go on with: it would tell of something else than what the options ask for",
            do="leave what is named out; to ask some of the hosts: smartfleet plan --limit HOSTS --out FILE, then "
            "smartfleet apply FILE --check",
        )


def _named(wishes: Wishes) -> Iterator[str]:
    for name, value in wishes.campaign.items():
        if name == "budget":
            yield from (f"--max-{kind}" for kind in value)
        elif name == "windows":
            yield "--window"
        elif name not in _HONOURED:
            yield f"--{name}"
    if wishes.until is not None:
        yield "--until"
    if wishes.every is not None:
        yield "--every"
