"""Mail addresses of users: from the admin's list, or the account's name where that is an address."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from smartfleet.addresses import is_address
from smartfleet.errors import UsageError
from smartfleet.text import visible

_SIZE_LIMIT = 20_000_000
_HEAD = ["name", "address"]


def read_addresses(path: Path) -> dict[str, str]:
    """A CSV file with the columns ``name,address``; names in lower case. Raises UsageError."""
    try:
        with path.open("rb") as file:
            text = file.read(_SIZE_LIMIT + 1).decode("utf-8-sig")
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise _unusable(path, "it is not UTF-8") from None
    if len(text) > _SIZE_LIMIT:
        raise _unusable(path, "it is larger than 20 MB")
    return parse_addresses(text, path)


def parse_addresses(text: str, path: Path) -> dict[str, str]:
    """As `read_addresses`, of a file's text."""
    separator = ";" if ";" in text.partition("\n")[0] else ","
    found: dict[str, str] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and [cell.lower() for cell in cells] == _HEAD):
            continue
        if len(cells) != 2 or not cells[0] or not is_address(cells[1]):
            raise _unusable(path, f"line {number} is no name and address: {visible(', '.join(cells))[:100]}")
        if found.setdefault(cells[0].lower(), cells[1]) != cells[1]:
            raise _unusable(path, f"line {number} gives {visible(cells[0])} a second address")
    return found


def address_of(names: Iterable[str], known: Mapping[str, str]) -> str:
    """The address of a person with these names (accounts first, then users of hosts); "" if there is none."""
    given = list(names)
    listed = next((known[name.lower()] for name in given if name.lower() in known), "")
    return listed or next((name for name in given if is_address(name)), "")


def _unusable(path: Path, reason: str) -> UsageError:
    return UsageError(
        "notify/addresses",
        f"the addresses in {visible(str(path))} cannot be used: {reason}",
        why="a notice to a wrong address is worse than none",
        do="write one line for each user: name,address; the name is that of the account, or of the user on the host",
    )
