"""The hosts of a run by outcome, each a file that ``--limit @FILE`` takes: ``.smartfleet/runs/RUN/OUTCOME.txt``."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from smartfleet.cli.output import say
from smartfleet.fleet import Fleet
from smartfleet.model.results import Outcome, Verdict

Lists = Mapping[str, Path]


def of_outcomes(outcomes: Iterable[Outcome]) -> Iterable[tuple[str, str]]:
    return ((one.outcome, one.host) for one in outcomes)


def of_verdicts(verdicts: Iterable[Verdict]) -> Iterable[tuple[str, str]]:
    return ((one.verdict, one.host) for one in verdicts)


def write_lists(fleet: Fleet, run: str, pairs: Iterable[tuple[str, str]]) -> Lists:
    """`pairs` of a word and a host; the files by word. A host stands in each list that one of its profiles fits.

    Lists of an earlier try of the same run that nobody is in any more are taken away.
    """
    hosts: dict[str, set[str]] = defaultdict(set)
    for word, host in pairs:
        hosts[word].add(host)
    folder = fleet.state / "runs" / run
    made = {word: folder / f"{word}.txt" for word in hosts}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for word, path in made.items():
            _write(path, "".join(f"{host}\n" for host in sorted(hosts[word])))
        for path in folder.glob("*.txt"):
            if path not in made.values():
                path.unlink(missing_ok=True)
    except OSError as error:
        # what was done on the hosts is in the store; the lists are a convenience
        say(f"warning: the lists of hosts in {folder} could not be written: {error.strerror}")
        return {}
    return made


def as_limits(lists: Lists) -> dict[str, str]:
    """Each list as it is written after ``--limit``, from where the admin stands."""
    return {word: f"@{shlex.quote(str(path))}" for word, path in lists.items()}


def _write(path: Path, text: str) -> None:
    """At once or not at all: somebody may read it."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
