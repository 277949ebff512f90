"""What a host looked like right after a move or a rollback, put beside what was known of its other users."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from smartfleet.campaign import parse
from smartfleet.campaign.trouble import Trouble
from smartfleet.engines.answers import HostAnswers
from smartfleet.model.facts import HostFacts, Problem

_OF_THE_HOST = {"unseen-clients", "unseen-sessions", "unseen-products", "state-unread", "unknown-user"}


class Look(NamedTuple):
    """Facts of some users of a host (none: of all), and when they were taken, in seconds since the epoch."""

    taken: float
    facts: HostFacts
    users: Collection[str]


class FactsBook(Protocol):
    """What this part of the store does."""

    def facts(self, hosts: Sequence[str] | None = None) -> dict[str, tuple[float, HostFacts]]: ...

    def add_facts(self, run: str, facts: Mapping[str, tuple[float, HostFacts]]) -> None: ...


def look_of(answers: HostAnswers, users: Collection[str], taken: float) -> Look | None:
    """What a host told after the work; None if it told nothing, or nothing that can be read."""
    if answers.last("client_facts") is None:
        return None
    told = parse.facts(answers, interrupted=False)
    return None if isinstance(told, Trouble) else Look(taken, told, users)


def keep(store: FactsBook, run: str, looks: Mapping[str, Look]) -> None:
    """Writes the looks down, by host."""
    known = store.facts(list(looks)) if looks else {}
    store.add_facts(run, {host: _beside(known.get(host), look) for host, look in looks.items()})


def _beside(before: tuple[float, HostFacts] | None, look: Look) -> tuple[float, HostFacts]:
    """Facts are as old as the oldest of them: to look at one user says nothing new of the others."""
    if before is None:
        return look.taken, look.facts
    taken, known = before
    facts = merged(known, look.facts, look.users)
    is_mixed = len(facts.profiles) > len(look.facts.profiles)
    return min(taken, look.taken) if is_mixed else look.taken, facts


def merged(before: HostFacts | None, now: HostFacts, users: Collection[str]) -> HostFacts:
    """`now` holds only the profiles of `users`; those of others are as they were, and what went wrong with them."""
    if before is None or not users:
        return now
    others = [profile for profile in before.profiles if profile.user not in users]
    troubles = [one for one in before.problems if one not in now.problems and _is_of_others(one, users)]
    return now.model_copy(update={"profiles": [*others, *now.profiles], "problems": [*troubles, *now.problems]})


def _is_of_others(problem: Problem, users: Collection[str]) -> bool:
    """Hosts write the name before what went wrong with a user; what they cannot see of themselves each look tells."""
    names = tuple(f"{user}: " for user in users)
    return problem.code not in _OF_THE_HOST and not problem.message.startswith(names)
