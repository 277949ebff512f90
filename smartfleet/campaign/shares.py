"""What a number of hosts or a percentage of them comes to. Pure."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from smartfleet.model.campaign import Share


def count(share: Share, total: int) -> int:
    """Hosts out of `total`; percentages are rounded up, so that a small fleet has a canary too."""
    if isinstance(share, int):
        return min(share, total)
    part = Decimal(share.removesuffix("%")) * total / 100
    return int(part.to_integral_value(ROUND_CEILING))
