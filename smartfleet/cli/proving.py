"""Compares folders with what they were, for several commands."""

from __future__ import annotations

from collections.abc import Sequence

from smartfleet.campaign.listings import Listings
from smartfleet.campaign.verify import Question, Verified, verify
from smartfleet.cli.session import campaign
from smartfleet.cli.work import unreached
from smartfleet.engines.ahead import Ahead
from smartfleet.fleet import Fleet
from smartfleet.model.documents import VerifyDocument
from smartfleet.store import Store


def prove(
    fleet: Fleet,
    store: Store,
    hosts: Sequence[str],
    question: Question,
    password: str | None,
    *,
    listings: Listings | None = None,
    ahead: Ahead | None = None,
) -> tuple[Verified, VerifyDocument]:
    with campaign(fleet, store, "verify", len(hosts), password, listings=listings, ahead=ahead) as running:
        found = verify(running, hosts, question)
    document = VerifyDocument(
        run=found.run,
        level=question.level,
        interrupted=found.interrupted,
        verdicts=found.verdicts,
        unreached=unreached(found.troubles),
    )
    return found, document
