"""Why a message did not reach its receiver."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from smartfleet.text import visible

_LONGEST = 300


class NotSent(Exception):  # noqa: N818 - a state of the message, and no fault of this program
    """`final`: trying again cannot help. `reached`: mail addresses that have it all the same.

    The reason holds nothing of the message, no secret and no address of a webhook, which may be a secret itself.
    """

    def __init__(self, reason: str, *, final: bool = False, reached: Collection[str] = ()) -> None:
        shown = visible(reason)
        super().__init__(shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…")
        self.final = final
        self.reached = reached


def secret_of(environment: Mapping[str, str], variable: str) -> str:
    """The value of an environment variable; NotSent where there is none."""
    value = environment.get(variable, "")
    if not value:
        raise NotSent(f"the environment variable {variable} is not set")
    return value
