"""A host's profiles and folders, each with what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.policy.cases import FolderCase, HostCase, ProfileCase
from smartfleet.policy.evidence import FolderKey, FolderPlace

_FLEETS = {"old", "new"}


def profile_cases(host: HostCase) -> Iterator[ProfileCase]:
    outcomes = {(one.user, one.config_path): one for one in host.evidence.outcomes}
    # an assessment names the profiles of its facts in their order
    for facts, seen in zip(host.facts.profiles, host.seen.profiles, strict=True):
        own = [account for account in seen.accounts if account.state in _FLEETS]
        yield ProfileCase(host, facts, seen, own, outcomes.get((seen.user, seen.config_path)))


def folder_cases(profile: ProfileCase) -> Iterator[FolderCase]:
    evidence, user, path = profile.host.evidence, profile.seen.user, profile.seen.config_path
    verdicts = {
        (one.account, one.alias): one for one in evidence.verdicts if one.user == user and one.config_path == path
    }
    for account in profile.own:
        facts = [folder for folder in profile.facts.folders if folder.account == account.number]
        for one, seen in zip(facts, account.folders, strict=True):
            past = evidence.past.get(FolderKey(user, path, account.login, seen.target_path))
            place = FolderPlace(user, path, account.number, seen.alias)
            verdict, verified = verdicts.get((account.number, seen.alias)), evidence.verified.get(place)
            yield FolderCase(profile, account, one, seen, verdict, past, verified)
