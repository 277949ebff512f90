"""What a row of the page opens to, packed in chunks that are unpacked when one of their rows is opened."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

from smartfleet.report.page.rows import TableRow
from smartfleet.text import visible

PER_CHUNK = 100
_LEVEL = 6


def chunks(rows: Sequence[TableRow]) -> Iterator[str]:
    """For each `PER_CHUNK` rows a list of their hosts and profiles: JSON, gzip, base64. Defaults are left out."""
    for start in range(0, len(rows), PER_CHUNK):
        details = [_detail(row) for row in rows[start : start + PER_CHUNK]]
        packed = gzip.compress(json.dumps(details, separators=(",", ":")).encode(), _LEVEL, mtime=0)
        yield base64.b64encode(packed).decode("ascii")


def _detail(row: TableRow) -> dict[str, Any]:
    profile = row.profile.model_dump(exclude_defaults=True) if row.profile else None
    return {"host": _shown(row.host.model_dump(exclude_defaults=True)), "profile": _shown(profile)}


def _shown(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """`value` with every text in it made visible, names in mappings too."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(name): _shown(one) for name, one in value.items()}
    return [_shown(one) for one in value] if isinstance(value, list) else value
