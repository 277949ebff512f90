"""Judges the facts of an audit: on which server every account is, and what stands in the way of a move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from smartfleet.checks.config import nothing_to_do, unusable_config
from smartfleet.checks.folders import pending
from smartfleet.checks.hostcodes import remedy_of
from smartfleet.checks.reasons import REMEDIES, reason
from smartfleet.checks.second_copy import second_copies
from smartfleet.checks.view import AccountView, Aim, ProfileView, view_profile
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.assessment import (
    AccountAssessment,
    AuditDocument,
    ClientAssessment,
    Finding,
    FolderAssessment,
    HostAssessment,
    ProfileAssessment,
    Severity,
    Unreached,
)
from smartfleet.model.facts import FolderFacts, HostFacts
from smartfleet.model.plan import Refusal
from smartfleet.nextcloud import versions
from smartfleet.plan.make import reasons_against, warnings
from smartfleet.text import visible

_SEVERITY: dict[str, Severity] = {"refuse": "error", "warn": "warning", "none": "note"}


def audit_document(
    hosts: Mapping[str, HostAssessment], config: FleetConfig, unreached: Sequence[Unreached] = ()
) -> AuditDocument:
    """All hosts of an audit, in the order of their names."""
    return AuditDocument(
        old_servers=list(config.servers.old),
        new_server=config.servers.new,
        hosts=[hosts[name] for name in sorted(hosts)],
        unreached=list(unreached),
    )


def assess(host: str, taken: float, facts: HostFacts, config: FleetConfig) -> HostAssessment:
    """One host, judged for a move as `config` wants it; whether the new server is the same is no question here."""
    aim = Aim(
        old=tuple(config.servers.old),
        new=config.servers.new,
        strategy=config.move.strategy,
        on_missing_session=config.move.on_missing_session,
    )
    profiles = [_profile(view_profile(profile, facts, aim), aim) for profile in facts.profiles]
    return HostAssessment(
        host=host,
        os=facts.system.os,
        distribution=facts.system.distribution,
        taken=taken,
        clients=[
            ClientAssessment(
                kind=one.kind,
                version=one.version,
                unsafe=versions.is_unsafe(one.version),
                bits=one.bits,
                scope=one.scope,
            )
            for one in facts.clients
        ],
        profiles=profiles,
        findings=[
            Finding(
                code=problem.code,
                severity="warning",
                message=visible(problem.message),
                do=remedy_of(problem.code),
            )
            for problem in facts.problems
        ],
    )


def _profile(view: ProfileView, aim: Aim) -> ProfileAssessment:
    facts, begun = view.facts, view.open_move
    copies = second_copies(view, aim)
    return ProfileAssessment(
        user=facts.user,
        config_path=facts.config.path,
        kind=facts.config.kind,
        state=view.state,
        client_version=view.client_version,
        client_installed=view.client.version if view.client else "",
        client_bits=view.client.bits if view.client else None,
        client_running=facts.client is not None,
        session=facts.session.state == "active",
        session_kind=facts.session.kind,
        keyring=facts.session.keyring,
        open_run=begun.run if begun else "",
        accounts=[_account(one) for one in view.accounts],
        second_copies=copies,
        findings=[_finding(one) for one in _findings(view, aim)],
    )


def _findings(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    begun = view.open_move
    if begun:
        yield reason("open-transaction", f"run {begun.run} began a move here and stopped at {begun.step}")
    stop = unusable_config(view) or nothing_to_do(view)
    if stop:
        yield stop
    else:
        yield from reasons_against(view, aim)
    # the audit asks no server: that the instance is unknown is no finding but its nature
    yield from (one for one in warnings(view, aim) if one.code != "instance-unknown")


def _finding(one: Refusal) -> Finding:
    return Finding(code=one.code, severity=_SEVERITY[REMEDIES[one.code].kind], message=one.message, do=one.do)


def _account(one: AccountView) -> AccountAssessment:
    account = one.account
    return AccountAssessment(
        number=account.number,
        state=one.state,
        url=account.url,
        login=account.login,
        user=account.user,
        display_name=account.display_name,
        encrypted=account.e2ee or any(folder.journal.encrypted for folder in one.folders),
        folders=[_folder(folder) for folder in one.folders],
    )


def _folder(folder: FolderFacts) -> FolderAssessment:
    return FolderAssessment(
        group=folder.group,
        alias=folder.alias,
        local_path=folder.local_path,
        target_path=folder.target_path,
        virtual_files=folder.virtual_files,
        paused=folder.paused,
        state=folder.state,
        journal=folder.journal.state,
        files=folder.files,
        bytes=folder.bytes,
        placeholders=folder.placeholders,
        pending=pending(folder),
    )
