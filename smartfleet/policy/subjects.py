"""What is known of a host, a profile or a folder as the plain data that own checks are asked about."""

from __future__ import annotations

from smartfleet.model.asked import (
    AskedAccount,
    AskedFolder,
    AskedHost,
    AskedProfile,
    FolderSubject,
    HostSubject,
    ProfileSubject,
    Subject,
)
from smartfleet.model.assessment import AccountAssessment
from smartfleet.policy.cases import DAY, FolderCase, HostCase, ProfileCase
from smartfleet.policy.walk import folder_cases, profile_cases


class Subjects:
    """Makes them, the same one for all checks that ask about the same case in a row."""

    def __init__(self) -> None:
        self._last: tuple[HostCase | ProfileCase | FolderCase, Subject] | None = None

    def of(self, case: HostCase | ProfileCase | FolderCase) -> Subject:
        if self._last is None or self._last[0] is not case:
            self._last = (case, subject(case))
        return self._last[1]


def subject(case: HostCase | ProfileCase | FolderCase) -> Subject:
    if isinstance(case, HostCase):
        return HostSubject(**_host(case), profiles=[_profile(profile) for profile in profile_cases(case)])
    if isinstance(case, ProfileCase):
        return ProfileSubject(**_profile(case), host=_host(case.host))
    return FolderSubject(
        **_folder(case),
        account=_account(case.account),
        profile=_profile(case.profile),
        host=_host(case.profile.host),
    )


def _host(case: HostCase) -> AskedHost:
    system, now = case.facts.system, case.limits.now
    last = max(case.evidence.last_seen or 0.0, case.seen.taken)
    return AskedHost(
        name=case.evidence.host,
        hostname=system.hostname,
        os=system.os,
        distribution=system.distribution,
        admin=system.admin,
        free_bytes=system.free_bytes,
        audited=case.seen.taken,
        audit_days=_days(now - case.seen.taken),
        seen_days=_days(now - last),
        unchecked=case.evidence.unchecked,
        clients=[
            {
                "kind": one.kind,
                "name": one.name,
                "version": one.version,
                "bits": one.bits,
                "scope": one.scope,
                "path": one.path,
            }
            for one in case.facts.clients
        ],
        problems=[one.code for one in case.facts.problems],
    )


def _days(seconds: float) -> int:
    return max(0, int(seconds // DAY))


def _profile(case: ProfileCase) -> AskedProfile:
    facts, seen, config, session = case.facts, case.seen, case.facts.config, case.facts.session
    return AskedProfile(
        user=seen.user,
        home=facts.home,
        state=seen.state,
        client_version=seen.client_version,
        client_installed=seen.client_installed,
        client_running=seen.client_running,
        autostart=facts.autostart,
        open_run=seen.open_run,
        outcome=case.outcome.outcome if case.outcome else "",
        outcome_code=case.outcome.code if case.outcome else "",
        findings=[one.code for one in seen.findings],
        config={"path": config.path, "kind": config.kind, "state": config.state, "masked": list(config.masked)},
        session={
            "active": session.state == "active",
            "display": session.display,
            "kind": session.kind,
            "keyring": session.keyring,
            "secrets": list(session.secrets) if session.keyring == "unlocked" else None,
        },
        accounts=[_account(account) for account in seen.accounts],
        folders=[_folder(folder) for folder in folder_cases(case)],
        second_copies=[
            {"path": one.local_path, "other": one.other_path, "bytes": one.bytes_wasted} for one in seen.second_copies
        ],
        orphans=[one.path for one in facts.orphans],
    )


def _account(account: AccountAssessment) -> AskedAccount:
    return AskedAccount(
        number=account.number,
        server=account.state,
        url=account.url,
        login=account.login,
        user=account.user,
        display_name=account.display_name,
        encrypted=account.encrypted,
    )


def _folder(case: FolderCase) -> AskedFolder:
    facts, seen, past, verdict = case.facts, case.seen, case.past, case.verdict
    return AskedFolder(
        alias=seen.alias,
        path=seen.local_path,
        first_path=past.first_path if past else seen.local_path,
        target=seen.target_path,
        virtual_files=seen.virtual_files,
        paused=seen.paused,
        state=seen.state,
        journal=seen.journal,
        files=seen.files,
        bytes=seen.bytes,
        placeholders=seen.placeholders,
        conflict_files=facts.conflict_files,
        bad_times=facts.bad_mtimes,
        pending=seen.pending,
        pending_days=_waiting_days(case),
        verification={"verdict": verdict.verdict, "reason": verdict.reason, "level": verdict.level}
        if verdict
        else None,
    )


def _waiting_days(case: FolderCase) -> int:
    """0 where nothing waits, or the newest audit is the first that saw something wait."""
    since = case.past.pending_since if case.past else None
    return 0 if since is None or not case.seen.pending else _days(case.profile.host.seen.taken - since)
