"""The rows of a report: a host, its profiles, their folders. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from smartfleet.model.assessment import AccountAssessment, Finding, FolderAssessment, HostAssessment, ProfileAssessment
from smartfleet.model.report import FolderRow, HostRow, ProfileRow
from smartfleet.model.results import Outcome, Verdict
from smartfleet.policy.evidence import Answers, Evidence, FolderPlace, Judgement, own_failure
from smartfleet.report.standing import next_deed, standing

_NONE = Answers()


class Rows(NamedTuple):
    """Of one host."""

    host: HostRow
    profiles: list[ProfileRow]


def rows_of(evidence: Evidence, judgement: Judgement, *, site: str = "", wave: str = "") -> Rows:
    """A host that was never audited has no profiles. `site` and `wave`: "" where it has none."""
    return Rows(_host(evidence, judgement, site, wave), _profiles(evidence, judgement))


def _host(evidence: Evidence, judgement: Judgement, site: str, wave: str) -> HostRow:
    seen = evidence.assessment
    reason, message = _reason(seen, evidence.outcomes)
    return HostRow(
        host=evidence.host,
        reason=reason,
        message=message,
        os=seen.os if seen else "",
        distribution=seen.distribution if seen else "",
        site=site,
        wave=wave,
        clients=list(dict.fromkeys(client.version for client in seen.clients)) if seen else [],
        audited=seen.taken if seen else None,
        last_seen=evidence.last_seen,
        compliant=judgement.compliant,
        results=judgement.host.results,
        passed=judgement.host.passed,
    )


def _reason(
    seen: HostAssessment | None, outcomes: Sequence[Outcome]
) -> tuple[Literal["", "never-seen", "offline", "failed", "no-profile"], str]:
    if seen:
        return ("", "") if seen.profiles else ("no-profile", "")
    if failure := own_failure(outcomes):
        return "failed", failure.message
    offline = next((one for one in outcomes if not one.user and one.outcome == "waiting-online"), None)
    return ("offline", offline.message) if offline else ("never-seen", "")


def _profiles(evidence: Evidence, judgement: Judgement) -> list[ProfileRow]:
    if evidence.assessment is None:
        return []
    outcomes = {(one.user, one.config_path): one for one in evidence.outcomes}
    verdicts = {FolderPlace(one.user, one.config_path, one.account, one.alias): one for one in evidence.verdicts}
    return [
        _profile(
            evidence.assessment,
            profile,
            outcomes.get((profile.user, profile.config_path)),
            _folders(profile, verdicts, judgement),
            judgement.profiles.get((profile.user, profile.config_path), _NONE),
        )
        for profile in evidence.assessment.profiles
    ]


def _profile(
    host: HostAssessment,
    profile: ProfileAssessment,
    outcome: Outcome | None,
    folders: list[FolderRow],
    answers: Answers,
) -> ProfileRow:
    stands = standing(host.host, profile, outcome)
    twice = _second_copy(profile) if not stands.do else None
    return ProfileRow(
        host=host.host,
        os=host.os,
        user=profile.user,
        config_path=profile.config_path,
        distribution=host.distribution,
        client_version=profile.client_version,
        client_installed=profile.client_installed,
        client_bits=profile.client_bits,
        session=profile.session,
        session_kind=profile.session_kind,
        restart_pending=stands.restart_pending,
        state=profile.state,
        outcome=stands.outcome,
        code=twice.code if twice else stands.code,
        message=twice.message if twice else stands.message,
        do=stands.do or (twice.do if twice else next_deed(host.host, profile, folders)),
        audited=host.taken,
        folders=folders,
        steps=stands.steps,
        proofs=stands.proofs,
        second_copies=profile.second_copies,
        findings=profile.findings,
        results=answers.results,
        passed=answers.passed,
    )


def _second_copy(profile: ProfileAssessment) -> Finding | None:
    """What is left to do for a profile that is on the new server, but in the wrong folder."""
    return next((finding for finding in profile.findings if finding.code == "second-copy"), None)


def _folders(
    profile: ProfileAssessment, verdicts: Mapping[FolderPlace, Verdict], judgement: Judgement
) -> list[FolderRow]:
    rows = []
    for account in _own_accounts(profile):
        for folder in account.folders:
            place = FolderPlace(profile.user, profile.config_path, account.number, folder.alias)
            rows.append(_folder(folder, verdicts.get(place), judgement.folders.get(place, _NONE)))
    return rows


def _own_accounts(profile: ProfileAssessment) -> list[AccountAssessment]:
    """Accounts of other servers are not this report's business."""
    return [account for account in profile.accounts if account.state in {"old", "new"}]


def _folder(folder: FolderAssessment, verdict: Verdict | None, answers: Answers) -> FolderRow:
    check = verdict.check if verdict else None
    parts = [c for c in (check.before, check.journal, check.server) if c.done] if check else []
    return FolderRow(
        local_path=folder.local_path,
        files=check.files + check.placeholders if check else folder.files,
        bytes=check.bytes if check else folder.bytes,
        placeholders=check.placeholders if check else folder.placeholders,
        virtual_files=folder.virtual_files,
        verdict=verdict.verdict if verdict else "unknown",
        reason=verdict.reason if verdict else "not verified yet",
        level=verdict.level if verdict else "",
        synced=max((part.synced for part in parts), default=0),
        user_changes=max((part.user for part in parts), default=0),
        lost=max((part.lost for part in parts), default=0),
        conflicts=max((part.conflicts for part in parts), default=0),
        examples=[example for part in parts for example in part.examples],
        results=answers.results,
        passed=answers.passed,
    )
