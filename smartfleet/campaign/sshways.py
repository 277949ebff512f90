"""Parts of the ssh configuration that the doctor's reader leaves out: may they lead to a host on another way?

The doctor reads ``~/.ssh/config`` by paramiko, which knows neither ``Include`` nor the system's file. What stands there
need not be understood in full: where a block that may apply to a host names a proxy, another host or another port, the
host is tried without its port being asked. The words are those of ssh_config(5).
"""

from __future__ import annotations

import fnmatch
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/etc/ssh/ssh_config")
_DEEPEST = 16
_LEADING = {"proxyjump", "proxycommand", "hostname", "port"}
_CANONICAL = "canonicalizehostname"
_NO_PROXY = {"none"}


@dataclass(frozen=True)
class Block:
    """Patterns of which one must fit the name, and must not where it begins with "!"; for all of `within` too."""

    patterns: tuple[str, ...]
    within: tuple[tuple[str, ...], ...] = ()

    def may_fit(self, name: str) -> bool:
        return all(_fits(patterns, name) for patterns in (self.patterns, *self.within))


@dataclass(frozen=True)
class OtherWays:
    """Blocks that lead somewhere else than the host's name and port say."""

    blocks: tuple[Block, ...] = ()

    def may_lead_to(self, name: str) -> bool:
        """Whether hosts of this name (as Ansible hands it to ssh) may be reached on such a way."""
        return any(block.may_fit(name.lower()) for block in self.blocks)


def other_ways(main: Path, system: Path = SYSTEM) -> OtherWays:
    """Of the user's file `main` only what it includes and its ``Match`` blocks: the rest of it is read exactly."""
    ours = Path("~/.ssh").expanduser()
    found = [*_read(main, ours, (), exactly_read=True, depth=0), *_read(system, system.parent, (), depth=0)]
    return OtherWays(tuple(dict.fromkeys(found)))


def _fits(patterns: tuple[str, ...], name: str) -> bool:
    refused = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in refused):
        return False
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns if not pattern.startswith("!"))


def _read(
    path: Path, folder: Path, within: tuple[tuple[str, ...], ...], *, depth: int, exactly_read: bool = False
) -> Iterator[Block]:
    """A file that cannot be read says nothing to ssh either."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    patterns: tuple[str, ...] = ("*",)
    known = exactly_read
    for word, values in _lines(text):
        if word == "host":
            patterns, known = tuple(value.lower() for value in values), exactly_read
        elif word == "match":
            patterns, known = _of_match(values), False
        elif word == "include" and depth < _DEEPEST:
            for value in values:
                for file in _included(folder / Path(value).expanduser()):
                    yield from _read(file, folder, (*within, patterns), depth=depth + 1)
        elif not known and _leads(word, values):
            yield Block(patterns, within)


def _included(pattern: Path) -> list[Path]:
    root = Path(pattern.anchor)
    return sorted(root.glob(str(pattern.relative_to(root)))) if pattern != root else []


def _leads(word: str, values: list[str]) -> bool:
    first = values[0].lower() if values else ""
    if word == _CANONICAL:
        return first in {"yes", "always"}
    return word in _LEADING and first not in _NO_PROXY and (word, first) not in {("hostname", "%h"), ("port", "22")}


def _of_match(values: list[str]) -> tuple[str, ...]:
    """Only a lone criterion about the name is understood; any other may hold."""
    words = [value.lower() for value in values]
    if len(words) == 2 and words[0] in {"host", "originalhost"}:
        return tuple(words[1].split(","))
    return ("*",)


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    """(keyword in lower case, its values) of each line; ``Keyword value`` and ``Keyword=value``."""
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        word = stripped.replace("=", " ", 1).split(None, 1) if "=" in stripped.split()[0] else stripped.split(None, 1)
        rest = word[1].lstrip("= ") if len(word) > 1 else ""
        try:
            values = shlex.split(rest)
        except ValueError:
            values = rest.split()
        yield word[0].lower(), values
