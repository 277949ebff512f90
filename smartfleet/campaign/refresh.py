"""What a host looked like right after a move or a rollback, put beside what was known of its other users."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from smartfleet.campaign import parse
from smartfleet.campaign.answers import RunAnswers
from smartfleet.campaign.trouble import Trouble
from smartfleet.model.facts import HostFacts
from smartfleet.store import Store


def refresh(store: Store, run: str, answers: RunAnswers, users: Mapping[str, Collection[str]]) -> None:
    """Keeps the facts that hosts told after the work; `users` are, by host, those that were looked at (none: all)."""
    known = store.facts(list(users))
    fresh: dict[str, tuple[float, HostFacts]] = {}
    for host, looked_at in users.items():
        answer = answers.hosts[host]
        told = parse.facts(answer, interrupted=answers.interrupted) if answer.last("client_facts") else None
        if told is None or isinstance(told, Trouble):
            continue
        before = known.get(host)
        fresh[host] = (time.time(), merged(before[1] if before else None, told, looked_at))
    store.add_facts(run, fresh)


def merged(before: HostFacts | None, now: HostFacts, users: Collection[str]) -> HostFacts:
    """`now` holds only the profiles of `users`; those of others are as they were."""
    if before is None or not users:
        return now
    others = [profile for profile in before.profiles if profile.user not in users]
    return now.model_copy(update={"profiles": [*others, *now.profiles]})
