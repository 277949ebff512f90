"""Before hosts are begun: their users are asked whether it suits them, or told that it begins.

Who puts it off is left alone until then; what was put off stands in the store before the hosts are begun. Nobody is
asked after the deadline, or more often than `notices.postpone` allows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.notify import Notice, Told, tell
from smartfleet.campaign.runner import Controls
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.plan import HostPlan, ProfileMove
from smartfleet.model.results import Outcome
from smartfleet.notify.deferral import Rules, Sorted, User, message, sort_users
from smartfleet.notify.fleet_notice import FleetNotice
from smartfleet.paths import data_folder
from smartfleet.store import Store
from smartfleet.text import number_of, visible


@dataclass(frozen=True)
class Asked:
    """`until`: who put it off, by host and user, and to when (epoch). `interrupted`: Ctrl-C while users were asked."""

    until: Mapping[User, float] = field(default_factory=dict)
    interrupted: bool = False


def ask_users(
    campaign: Campaign, run: str, hosts: Sequence[HostPlan], controls: Controls, begun: Collection[User] = ()
) -> Asked:
    """Asks the users of the accounts that `hosts` are about to move. Without `notices` in the fleet nothing is done.

    A profile whose move has begun is gone on with: nobody is asked about it. `begun`: whose moves this run may have
    begun, unless they put it off. Raises StoreError and RunError.
    """
    config = campaign.fleet.config
    settings = config.notices
    users = _movers(hosts)
    if not users or not (settings.postpone or settings.show):
        return Asked()
    names = sorted({host for host, _ in users})
    heard = _heard(campaign.store, run, names)
    known = campaign.store.postponed(config.servers.new, names)
    rules = Rules.of(settings)
    found = sort_users(
        [user for user in users if user not in heard],
        {(one.host, one.user): one for one in known},
        rules,
        campaign.clock.now(),
    )
    found = _without(found, begun)
    notices = _notices(found, config)
    if not notices:
        return Asked(found.waiting)
    told = tell(campaign, notices, controls, settings.answer_within if found.asked else 0.0)
    return Asked(found.waiting | _put_off(campaign, run, told, rules), told.interrupted)


def _movers(hosts: Sequence[HostPlan]) -> list[User]:
    """Once each, however many configurations a user has."""
    pairs = ((host.host, one.user) for host in hosts for one in host.profiles if one.action == "move")
    return list(dict.fromkeys(pairs))


def _without(found: Sorted, begun: Collection[User]) -> Sorted:
    """Neither asked nor told once more."""
    asked = {user: left for user, left in found.asked.items() if user not in begun}
    return Sorted(found.waiting, asked, [user for user in found.told if user not in begun])


def _heard(store: Store, run: str, hosts: Sequence[str]) -> set[User]:
    """Who is not asked again: the account was tried, and waits for something else than the user's yes."""
    signing_in = [one for one in store.outcomes(hosts) if one.outcome == "waiting-sign-in"]
    locked = [one for one in store.outcomes(hosts, run=run) if one.code == "keyring-locked"]
    return {(one.host, one.user) for one in (*signing_in, *locked)}


def waiting(host: str, move: ProfileMove, until: float) -> Outcome:
    """What a profile comes to whose user put the move off."""
    return Outcome(
        host=host,
        user=move.user,
        config_path=move.config_path,
        outcome="waiting-session",
        code="postponed",
        message=message(visible(move.user), until),
        do="nothing: it is tried again then; smartfleet queue shows who waits",
    )


def _put_off(campaign: Campaign, run: str, told: Told, rules: Rules) -> dict[User, float]:
    """Written before the hosts are begun."""
    server, now = campaign.fleet.config.servers.new, campaign.clock.now()
    late = {(one.host, one.user): rules.until(now) for one in told.shown if one.answer == "later"}
    if rules.over(now):
        # the deadline came while the question stood on the screen
        return {}
    for (host, user), until in late.items():
        campaign.store.postpone(server, host, user, until)
    if late:
        names = sorted({host for host, _ in late})
        campaign.store.add_trail(
            "postponed", run=run, verb="apply", hosts=names, detail=f"by {number_of(len(late), 'user')}"
        )
    return late


def _notices(found: Sorted, config: FleetConfig) -> dict[str, list[Notice]]:
    templates = data_folder("templates")
    question = FleetNotice(config, templates, "ask-to-postpone")
    notices: dict[str, list[Notice]] = {}
    for (host, user), left in found.asked.items():
        notices.setdefault(host, []).append(Notice.of(user, question.write(left=left)))
    if config.notices.show and found.told:
        begins = FleetNotice(config, templates, "moving-now").write()
        for host, user in found.told:
            notices.setdefault(host, []).append(Notice.of(user, begins))
    return notices
