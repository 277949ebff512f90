"""What changed between two moments, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from smartfleet.model.diff import CheckChange, DiffDocument, FolderChange, HostChange, Moment
from smartfleet.report.terminal.parts import MOST, Indented, section, stack, text, told, when, word
from smartfleet.text import number_of


def diff(document: DiffDocument) -> RenderableType:
    """The worse first. The JSON has what is too long for a screen."""
    better = [host for host in document.hosts_changed if host.compliant]
    worse = [host for host in document.hosts_changed if not host.compliant]
    parts = [
        section(f"Fell back: {number_of(len(worse), 'host')}", *_some(_host(one) for one in worse)) if worse else None,
        section(f"Became compliant: {number_of(len(better), 'host')}", *_some(_host(one) for one in better))
        if better
        else None,
        _names("New", document.hosts_new),
        _names("Gone from the inventory", document.hosts_gone),
        section("Folders", *_some(_folder(one) for one in document.folders_changed)),
        section("Other answers", *_some(_check(one, host=True) for one in document.checks_changed)),
    ]
    nothing = None if any(parts) else Text("Nothing changed.")
    return stack(Text.assemble("from ", _moment(document.before), " to ", _moment(document.after)), *parts, nothing)


def _moment(moment: Moment) -> Text:
    at = (when(moment.at), "bold")
    return Text.assemble(at, " (run ", text(moment.run), ")") if moment.run else Text.assemble(at, " (now)")


def _host(host: HostChange) -> RenderableType:
    checks = [_check(one, host=False) for one in host.checks]
    return Group(text(host.host, "bold"), *(Indented(line) for line in _some(checks)))


def _check(change: CheckChange, *, host: bool) -> Text:
    place = told(text(change.host) if host else Text(), text(change.user), text(change.folder))
    head = Text.assemble(place, ": ") if place.plain else Text()
    return Text.assemble(head, text(change.check, "bold"), " ", word(change.before), " -> ", word(change.after))


def _folder(folder: FolderChange) -> Text:
    place = told(text(folder.host), text(folder.user), text(folder.local_path))
    reason = f" ({folder.reason})" if folder.reason else ""
    return Text.assemble(place, ": ", word(folder.before), " -> ", word(folder.after), text(reason))


def _names(title: str, hosts: Sequence[str]) -> RenderableType | None:
    """In one line, as ``--limit`` takes them."""
    shown = ",".join(hosts[:MOST])
    more = f" and {len(hosts) - MOST:,} more" if len(hosts) > MOST else ""
    return section(f"{title}: {number_of(len(hosts), 'host')}", text(shown + more)) if hosts else None


def _some(lines: Iterable[RenderableType]) -> list[RenderableType]:
    found = list(lines)
    return [*found[:MOST], Text(f"and {len(found) - MOST:,} more")] if len(found) > MOST else found
