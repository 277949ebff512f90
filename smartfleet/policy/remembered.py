"""What of a host is remembered after a run, so that later ones can be compared with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from smartfleet.model.assessment import AccountAssessment, FolderAssessment, HostAssessment, ProfileAssessment
from smartfleet.model.judged import ByCheck, JudgedFolder, JudgedHost, JudgedProfile
from smartfleet.model.results import Verdict
from smartfleet.policy.evidence import Answers, Evidence, FolderKey, FolderPast, FolderPlace, Judgement
from smartfleet.verdict import damage_of

_NONE = Answers()
_FLEETS = {"old", "new"}


def remembered(evidence: Evidence, judgement: Judgement) -> JudgedHost:
    """The same for the same answers, in whatever order things were seen."""
    profiles = evidence.assessment.profiles if evidence.assessment else []
    verdicts = {FolderPlace(one.user, one.config_path, one.account, one.alias): one for one in evidence.verdicts}
    return JudgedHost(
        host=evidence.host,
        compliant=judgement.compliant,
        checks=list(judgement.asked),
        answers=_answers(judgement.host),
        profiles=sorted(
            (_profile(profile, verdicts, judgement) for profile in profiles),
            key=lambda profile: (profile.user, profile.config_path),
        ),
    )


def _profile(
    profile: ProfileAssessment, verdicts: Mapping[FolderPlace, Verdict], judgement: Judgement
) -> JudgedProfile:
    folders = []
    for account, folder in _folders(profile):
        place = FolderPlace(profile.user, profile.config_path, account.number, folder.alias)
        verdict = verdicts.get(place)
        folders.append(
            JudgedFolder(
                login=account.login,
                target_path=folder.target_path,
                local_path=folder.local_path,
                verdict=verdict.verdict if verdict else "unknown",
                reason=_reason(verdict) if verdict else "",
                answers=_answers(judgement.folders.get(place, _NONE)),
            )
        )
    return JudgedProfile(
        user=profile.user,
        config_path=profile.config_path,
        state=profile.state,
        answers=_answers(judgement.profiles.get((profile.user, profile.config_path), _NONE)),
        folders=sorted(folders, key=lambda folder: (folder.login, folder.target_path, folder.local_path)),
    )


def _reason(verdict: Verdict) -> str:
    """That of a match counts files, and that of a drift also what users did since: no news, whatever the numbers."""
    if verdict.verdict == "match":
        return ""
    damage = damage_of(verdict.check) if verdict.verdict == "drift" and verdict.check else ""
    return damage or verdict.reason


def _answers(answers: Answers) -> ByCheck:
    return {result.check: result.answer for result in sorted(answers.results, key=lambda result: result.check)}


def past_of(seen: HostAssessment, before: Mapping[FolderKey, FolderPast]) -> dict[FolderKey, FolderPast]:
    """What is known of the host's folders after this audit. Telling it the same audit twice changes nothing.

    A folder that is not there any more is remembered: it may come back elsewhere.
    """
    past = dict(before)
    now: dict[FolderKey, FolderPast] = {}
    for profile in seen.profiles:
        originals = {(copy.account, copy.local_path): copy.other_path for copy in profile.second_copies}
        for account, folder in _folders(profile):
            key = FolderKey(profile.user, profile.config_path, account.login, folder.target_path)
            # an account and its second copy sync the same: that on the old server was there first, and so was the
            # folder that `fix` goes back to where no account has it any more
            place = originals.get((account.number, folder.local_path), folder.local_path)
            first = now.get(key) or past.get(key) or FolderPast(place, seen.taken)
            since = now[key].pending_since if key in now else None
            waits = since if since is not None else _waits_since(folder, past.get(key), seen.taken)
            now[key] = FolderPast(first.first_path, first.first_seen, waits)
    return past | now


def _waits_since(folder: FolderAssessment, past: FolderPast | None, taken: float) -> float | None:
    before = past.pending_since if past else None
    if folder.pending:
        return taken if before is None else before
    # what cannot be looked into has not become empty by that
    return None if folder.state == "ok" else before


def _folders(profile: ProfileAssessment) -> Iterator[tuple[AccountAssessment, FolderAssessment]]:
    """Those of accounts on an old server first. Accounts of other servers are nobody's business here."""
    own = [account for account in profile.accounts if account.state in _FLEETS]
    for account in sorted(own, key=lambda account: account.state != "old"):
        for folder in account.folders:
            yield account, folder
