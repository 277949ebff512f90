"""What a report says, computed from what the store holds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from smartfleet.model.assessment import AccountAssessment, Finding, FolderAssessment, HostAssessment, ProfileAssessment
from smartfleet.model.report import FolderRow, Headline, HostRow, ProfileRow, ReportData
from smartfleet.model.results import Outcome, Verdict

_DONE = {"moved", "already"}


def build(
    *,
    created: float,
    fleet: str,
    old_servers: Sequence[str],
    new_server: str,
    inventory: Sequence[str],
    assessments: Sequence[HostAssessment],
    outcomes: Iterable[Outcome],
    verdicts: Iterable[Verdict],
    warnings: Sequence[Finding] = (),
) -> ReportData:
    """The report of a fleet.

    `inventory` names every host that the report is about; `assessments` judge the newest facts of each host;
    `outcomes` and `verdicts` are the newest of each profile and folder. An outcome without a user is the host's own
    (for example ``waiting-online``).
    """
    by_profile = {(o.host, o.user, o.config_path): o for o in outcomes}
    by_folder = {(v.host, v.user, v.config_path, v.account, v.alias): v for v in verdicts}
    profiles = [
        _profile(host, profile, by_profile.get((host.host, profile.user, profile.config_path)), by_folder)
        for host in sorted(assessments, key=lambda a: a.host)
        for profile in host.profiles
    ]
    others = _other_hosts(inventory, assessments, by_profile.values())
    return ReportData(
        created=created,
        fleet=fleet,
        old_servers=list(old_servers),
        new_server=new_server,
        headline=_headline(len(set(inventory)), len(assessments), profiles),
        profiles=profiles,
        other_hosts=others,
        warnings=list(warnings),
    )


_FolderKey = tuple[str, str, str, str, str]


def _profile(
    host: HostAssessment, profile: ProfileAssessment, outcome: Outcome | None, verdicts: dict[_FolderKey, Verdict]
) -> ProfileRow:
    standing = _standing(host.host, profile, outcome)
    folders = [
        _folder(folder, verdicts.get((host.host, profile.user, profile.config_path, account.number, folder.alias)))
        for account in _own_accounts(profile)
        for folder in account.folders
    ]
    twice = _second_copy(profile) if not standing.do else None
    return ProfileRow(
        host=host.host,
        os=host.os,
        user=profile.user,
        config_path=profile.config_path,
        client_version=profile.client_version,
        state=profile.state,
        outcome=standing.outcome,
        code=twice.code if twice else standing.code,
        message=twice.message if twice else standing.message,
        do=standing.do or (twice.do if twice else _next_deed(host.host, profile, folders)),
        audited=host.taken,
        folders=folders,
        steps=standing.steps,
        proofs=standing.proofs,
        second_copies=profile.second_copies,
        findings=profile.findings,
    )


def _second_copy(profile: ProfileAssessment) -> Finding | None:
    """What is left to do for a profile that is on the new server, but in the wrong folder."""
    return next((finding for finding in profile.findings if finding.code == "second-copy"), None)


def _own_accounts(profile: ProfileAssessment) -> list[AccountAssessment]:
    """Accounts of other servers are not this report's business."""
    return [account for account in profile.accounts if account.state in {"old", "new"}]


def _standing(host: str, profile: ProfileAssessment, outcome: Outcome | None) -> Outcome:
    """The newest outcome, or what the audit says where no move was tried.

    An outcome of ``moved`` that the newest audit contradicts is not repeated: the account is back on an old server.
    """
    if outcome is not None and not (outcome.outcome in _DONE and profile.state in {"old", "both"}):
        return outcome
    if profile.state == "new":
        return Outcome(host=host, user=profile.user, config_path=profile.config_path, outcome="already")
    message = {
        "old": "The account still uses the old server.",
        "both": "One account is on the new server, another still on the old one.",
        "neither": "There is no account.",
        "foreign": "All accounts belong to other servers.",
        "unreadable": "The configuration cannot be read.",
    }[profile.state]
    return Outcome(
        host=host,
        user=profile.user,
        config_path=profile.config_path,
        outcome="unknown",
        code=f"state-{profile.state}",
        message=message,
    )


def _next_deed(host: str, profile: ProfileAssessment, folders: Sequence[FolderRow]) -> str:
    if profile.state == "old":
        return f"smartfleet plan --limit {host}"
    if any(folder.verdict == "drift" for folder in folders) or profile.state in {"both", "unreadable"}:
        return f"smartfleet show {host}"
    if folders and any(not folder.level for folder in folders):
        return f"smartfleet verify --limit {host}"
    return ""


def _folder(folder: FolderAssessment, verdict: Verdict | None) -> FolderRow:
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
    )


def _other_hosts(
    inventory: Sequence[str], assessments: Sequence[HostAssessment], outcomes: Iterable[Outcome]
) -> list[HostRow]:
    seen = {a.host: a for a in assessments}
    offline = {o.host: o.message for o in outcomes if not o.user and o.outcome == "waiting-online"}
    rows = []
    for host in sorted(set(inventory) | set(seen)):
        if host not in seen:
            reason = "offline" if host in offline else "never-seen"
            rows.append(HostRow(host=host, reason=reason, message=offline.get(host, "")))
        elif not seen[host].profiles:
            rows.append(HostRow(host=host, reason="no-profile"))
    return rows


def _headline(hosts: int, seen: int, profiles: Sequence[ProfileRow]) -> Headline:
    folders = [folder for profile in profiles for folder in profile.folders]
    return Headline(
        hosts=max(hosts, seen),
        hosts_seen=seen,
        profiles=len(profiles),
        on_old_server=sum(profile.state in {"old", "both"} for profile in profiles),
        outcomes=dict(Counter(profile.outcome for profile in profiles)),
        folders=len(folders),
        verdicts=dict(Counter(folder.verdict for folder in folders)),
        bytes_in_folders=sum(folder.bytes for folder in folders),
    )
