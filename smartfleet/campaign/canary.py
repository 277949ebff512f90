"""Which hosts go first: few that stand for all. Pure, and the same for the same fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Kind = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Candidate:
    """A host with what it may stand for; "" where nothing is known."""

    host: str
    site: str = ""
    os: str = ""
    version: str = ""

    @property
    def kind(self) -> Kind:
        """Everything alike in it is one kind of host."""
        return (("site", self.site), ("os", self.os), ("version", self.version))


def pick(candidates: Iterable[Candidate], wanted: int) -> list[str]:
    """`wanted` hosts across sites, OSes and client versions.

    First whichever kind of host shows the most that no picked one showed; once every site, OS and version is there,
    kinds take turns, those that most hosts are of first. Hosts of a kind come by name.
    """
    kinds = _kinds(candidates)
    order = _covering(kinds)
    picked = [kinds[kind].pop(0) for kind in order[:wanted]]
    return [*picked, *_in_turn(kinds, wanted - len(picked))]


def _kinds(candidates: Iterable[Candidate]) -> dict[Kind, list[str]]:
    """Hosts by kind, the largest kind first."""
    found: dict[Kind, list[str]] = {}
    for one in sorted(candidates, key=lambda candidate: candidate.host):
        found.setdefault(one.kind, []).append(one.host)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _covering(kinds: dict[Kind, list[str]]) -> list[Kind]:
    """As few kinds as a greedy choice needs to show every value once."""
    missing = Counter(value for kind in kinds for value in kind)
    left = list(kinds)
    chosen: list[Kind] = []
    while missing:
        # max takes the first of equals, and the largest kinds stand first
        best = max(left, key=lambda kind: sum(value in missing for value in kind))
        left.remove(best)
        chosen.append(best)
        for value in best:
            missing.pop(value, None)
    return chosen


def _in_turn(kinds: dict[Kind, list[str]], wanted: int) -> Iterator[str]:
    queues: Sequence[list[str]] = list(kinds.values())
    taken = 0
    for turn in range(max((len(queue) for queue in queues), default=0)):
        for queue in queues:
            if taken == wanted:
                return
            if turn < len(queue):
                taken += 1
                yield queue[turn]
