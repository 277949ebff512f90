"""What all views share: safe text, tables, colours, and lists of hosts that can be given to the next command."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from smartfleet.text import visible

_GOOD, _BAD, _WAIT, _QUIET = "green", "bold red", "yellow", "dim"
STYLES = {
    # states of profiles
    "old": _WAIT,
    "new": _GOOD,
    "both": _BAD,
    "foreign": _QUIET,
    "neither": _QUIET,
    "unreadable": _BAD,
    # actions
    "move": _GOOD,
    "resume": _WAIT,
    "cure": _GOOD,
    "none": _QUIET,
    "refuse": _BAD,
    # outcomes
    "moved": _GOOD,
    "cured": _GOOD,
    "already": _GOOD,
    "prepared": _WAIT,
    "waiting-online": _WAIT,
    "waiting-session": _WAIT,
    "waiting-sign-in": _WAIT,
    "rolled-back": _WAIT,
    "refused": _BAD,
    "failed": _BAD,
    # verdicts
    "match": _GOOD,
    "drift": _BAD,
    "unknown": _WAIT,
    # answers of the policy
    "pass": _GOOD,
    "fail": _BAD,
    "waived": _QUIET,
    "absent": _QUIET,
    # checks and proofs, severities
    "ok": _GOOD,
    "skipped": _QUIET,
    "error": _BAD,
    "warning": _WAIT,
    "note": _QUIET,
}
_MARGIN = "  "
# more of one kind than this is told as a number: the JSON has them all
MOST = 20
# longer lists of names are told as the file that holds them
_NAMES = 10


def text(content: object, style: str = "") -> Text:
    """Untrusted text, made visible; markup in it is none."""
    return Text(visible(str(content)), style=style)


def word(name: str) -> Text:
    """A state, an outcome, a verdict in its colour; the word says the same without it."""
    return text(name, STYLES.get(name, ""))


def told(*parts: Text) -> Text:
    """The parts that say something, with a blank between them."""
    return Text(" ").join(part for part in parts if part.plain)


def number(count: int) -> Text:
    return Text(f"{count:,}")


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """A table without lines between its rows. Columns in `right` hold numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def stack(*parts: RenderableType | None) -> Group:
    """Parts below each other with an empty line between them; what is None is left out."""
    spaced: list[RenderableType] = []
    for part in parts:
        if part is not None:
            spaced += [Text(""), part] if spaced else [part]
    return Group(*spaced)


class Indented:
    """`content` with a margin on its left, and no blanks on its right that a pipe would keep."""

    def __init__(self, content: RenderableType) -> None:
        self.content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update_width(max(1, options.max_width - len(_MARGIN)))
        for line in console.render_lines(self.content, inner, pad=False):
            if line:
                yield Segment(_MARGIN)
            yield from line
            yield Segment.line()


def section(title: str, *lines: RenderableType) -> Group | None:
    """A heading with its lines indented; None if there are no lines."""
    return Group(Text(title, style="bold"), *(Indented(line) for line in lines)) if lines else None


class Remark(NamedTuple):
    """Something to tell about a place, with what mends it."""

    kind: str
    code: str
    place: str
    message: str
    do: str


def remarks(title: str, found: Iterable[Remark]) -> Group | None:
    """Remarks of one code together, with their remedy once: a thousand hosts have few different problems."""
    by_code: dict[tuple[str, str, str], list[Remark]] = defaultdict(list)
    for one in found:
        by_code[one.kind, one.code, one.do].append(one)
    order = list(STYLES)
    lines: list[RenderableType] = []
    for kind, code, do in sorted(by_code, key=lambda key: (order.index(key[0]) if key[0] in order else 0, key[1])):
        same = by_code[kind, code, do]
        lines.append(Text.assemble(word(kind), " ", (visible(code), "bold")))
        lines += [Text.assemble("  ", text(one.place), ": ", text(one.message)) for one in same[:MOST]]
        if len(same) > MOST:
            lines.append(Text(f"  and {len(same) - MOST} more"))
        if do:
            lines.append(Text.assemble("  do: ", text(do, "italic")))
    return section(title, *lines)


def host_lists(pairs: Iterable[tuple[str, str]], files: Mapping[str, str] | None = None) -> Group | None:
    """`pairs` of a word and a host: for each word its hosts, written so that ``--limit`` takes them.

    `files` names for a word the file with its hosts (``@FILE``), for those that would fill the screen.
    """
    hosts: dict[str, dict[str, None]] = defaultdict(dict)
    for name, host in pairs:
        hosts[name][host] = None
    order = list(STYLES)
    names = sorted(hosts, key=lambda name: order.index(name) if name in order else len(order))
    lines = [
        Text.assemble(word(name), f" ({len(hosts[name]):,}): ", text(_named(hosts[name], (files or {}).get(name, ""))))
        for name in names
    ]
    return section("Hosts, as --limit takes them", *lines)


def _named(hosts: Iterable[str], file: str) -> str:
    names = list(hosts)
    return file if file and len(names) > _NAMES else ",".join(names)


def counted(counts: Iterable[tuple[str, int]]) -> Text:
    """``moved 5, failed 1``, each in its colour; what is 0 is left out."""
    found = [Text.assemble(word(name), f" {count:,}") for name, count in counts if count]
    return Text(", ").join(found) if found else Text("nothing")


def when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
