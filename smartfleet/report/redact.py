"""A report without the names of people and files. Pure.

Names become pseudonyms. Text that could hold a name is not searched for names: it is made anew from what it was made
of (a code, a key of the catalogs, counts), or left out. Names of hosts, groups and the fleet's servers stay.
"""

from __future__ import annotations

import re
import shlex

from smartfleet.checks.hostcodes import remedy_of
from smartfleet.model.assessment import Finding, SecondCopy
from smartfleet.model.diff import CheckChange, DiffDocument, FolderChange
from smartfleet.model.policy import CheckResult, Waiver
from smartfleet.model.report import FolderRow, HostRow, ProfileRow, ReportData
from smartfleet.model.results import Difference, Proof, Step
from smartfleet.nextcloud.urls import same_server
from smartfleet.report.pseudonyms import Pseudonyms
from smartfleet.report.shares import shares, version
from smartfleet.text import number_of, visible
from smartfleet.words import Words

_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_NUMBERS = re.compile(r"[\d.,:+ -]*", re.ASCII)
_COMMAND = re.compile(r"smartfleet (?:audit|plan|apply|verify|rollback|fix|show|report|doctor|notify sign-in)")
_VIRTUAL = {"off", "suffix", "xattr", "wincfapi"}
_PEOPLE = {"user", "login", "account", "name", "who"}
_PATHS = {"path", "folder", "file", "other", "first", "before", "after", "config"}
_LEFT_OUT = "…"


def redact(data: ReportData, names: Pseudonyms, words: Words) -> ReportData:
    """`words` are those that messages are made of anew: English, as in every report."""
    return _Redactor(data, names, words).report()


class _Redactor:
    def __init__(self, data: ReportData, names: Pseudonyms, words: Words) -> None:
        self._data = data
        self._names = names
        self._words = words
        self._checks = {count.check.check: count.check for count in data.checks}

    def report(self) -> ReportData:
        data = self._data
        hosts, profiles = [self._host(row) for row in data.hosts], [self._profile(row) for row in data.profiles]
        return data.model_copy(
            update={
                "profiles": profiles,
                "hosts": hosts,
                "shares": shares(hosts, profiles),
                "since": self._since(data.since) if data.since else None,
                "warnings": [self._finding(one, "") for one in data.warnings],
                "redacted": True,
            }
        )

    def _profile(self, row: ProfileRow) -> ProfileRow:
        return row.model_copy(
            update={
                "user": self._names.person(row.user),
                "config_path": self._names.path(row.config_path),
                "client_version": _version(row.client_version),
                "client_installed": _version(row.client_installed),
                "code": _code(row.code),
                "message": _told(row.code),
                "do": self._deed(row.do, remedy_of(row.code), row.host),
                "folders": [self._folder(one, row.host) for one in row.folders],
                "steps": [_step(one) for one in row.steps],
                "proofs": [_proof(one) for one in row.proofs],
                "second_copies": [self._copy(one) for one in row.second_copies],
                "findings": [self._finding(one, row.host) for one in row.findings],
                "results": [self._result(one, row.host) for one in row.results],
            }
        )

    def _folder(self, row: FolderRow, host: str) -> FolderRow:
        return row.model_copy(
            update={
                "local_path": self._names.path(row.local_path),
                "virtual_files": row.virtual_files if row.virtual_files in _VIRTUAL else "",
                "reason": _reason(row),
                "examples": [self._difference(one) for one in row.examples],
                "results": [self._result(one, host) for one in row.results],
            }
        )

    def _host(self, row: HostRow) -> HostRow:
        return row.model_copy(
            update={
                "message": "",
                "clients": [version for version in map(_version, row.clients) if version],
                "results": [self._result(one, row.host) for one in row.results],
            }
        )

    def _result(self, result: CheckResult, host: str) -> CheckResult:
        info = self._checks.get(result.check)
        values = {key: self._value(key, value, host) for key, value in result.values.items()}
        message, do = self._text(result.text, values), self._text(result.do_text, values)
        return result.model_copy(
            update={
                "message": message or (info.title if info else result.check),
                "text": result.text if message else "",
                "values": values,
                "do": do or self._deed(result.do, info.do if info else "", host),
                "do_text": result.do_text if do else "",
                "waiver": self._waiver(result.waiver) if result.waiver else None,
            }
        )

    def _text(self, key: str, values: dict[str, str]) -> str:
        """A text of the catalogs; "" where they have none, or the values do not fill its places."""
        try:
            return visible(self._words(key, **values)) if key else ""
        except KeyError:
            return ""

    def _value(self, key: str, value: str, host: str) -> str:
        if key in _PEOPLE:
            return self._names.person(value)
        if _NUMBERS.fullmatch(value) or value in {host, shlex.quote(host)} or self._is_ours(value):
            return value
        if key == "code":
            return _code(value)
        if key == "version":
            return _version(value)
        return self._names.path(value) if key in _PATHS else _LEFT_OUT

    def _is_ours(self, text: str) -> bool:
        """A server of the fleet; a foreign one may bear its owner's name."""
        return any(text == own or same_server(text, own) for own in [*self._data.old_servers, self._data.new_server])

    def _waiver(self, waiver: Waiver) -> Waiver:
        return waiver.model_copy(update={"who": self._names.person(waiver.who), "why": ""})

    def _copy(self, copy: SecondCopy) -> SecondCopy:
        return copy.model_copy(
            update={
                "account": _number(copy.account),
                "local_path": self._names.path(copy.local_path),
                "other_account": _number(copy.other_account),
                "other_path": self._names.path(copy.other_path),
            }
        )

    def _difference(self, one: Difference) -> Difference:
        return one.model_copy(update={"path": self._names.path(one.path), "detail": ""})

    def _finding(self, one: Finding, host: str) -> Finding:
        return one.model_copy(
            update={
                "code": _code(one.code),
                "message": _told(one.code),
                "do": self._deed(one.do, remedy_of(one.code), host),
            }
        )

    def _deed(self, do: str, known: str, host: str) -> str:
        """As it is where only a host stands in it; else what mends such a trouble anywhere, or where it is told."""
        if not do or do == known:
            return do
        if _is_command(do, host):
            return do
        return known or (f"smartfleet show {shlex.quote(host)}" if host else "smartfleet status")

    def _since(self, diff: DiffDocument) -> DiffDocument:
        return diff.model_copy(
            update={
                "hosts_changed": [
                    host.model_copy(update={"checks": [self._change(one) for one in host.checks]})
                    for host in diff.hosts_changed
                ],
                "checks_changed": [self._change(one) for one in diff.checks_changed],
                "folders_changed": [self._folder_change(one) for one in diff.folders_changed],
            }
        )

    def _change(self, one: CheckChange) -> CheckChange:
        return one.model_copy(
            update={
                "user": self._names.person(one.user),
                "config_path": self._names.path(one.config_path),
                "folder": self._names.path(one.folder),
            }
        )

    def _folder_change(self, one: FolderChange) -> FolderChange:
        return one.model_copy(
            update={
                "user": self._names.person(one.user),
                "config_path": self._names.path(one.config_path),
                "local_path": self._names.path(one.local_path),
                "reason": "",
            }
        )


def _is_command(do: str, host: str) -> bool:
    head, _, name = do.rpartition(" ")
    if host and name in {host, shlex.quote(host)}:
        do = head.removesuffix(" --limit")
    return _COMMAND.fullmatch(do) is not None


def _code(code: str) -> str:
    return code if _CODE.fullmatch(code) else ""


def _told(code: str) -> str:
    """A code in words: ``keyring locked``."""
    return _code(code).replace("-", " ")


def _version(text: str) -> str:
    """Its numbers: what else stands there may be anything that a host calls a version."""
    numbers = version(text)
    return numbers if _VERSION.fullmatch(numbers) else ""


def _number(text: str) -> str:
    return text if text.isascii() and text.isdigit() else ""


def _step(step: Step) -> Step:
    return step.model_copy(update={"step": _code(step.step), "detail": ""})


def _proof(proof: Proof) -> Proof:
    return proof.model_copy(update={"detail": ""})


def _reason(row: FolderRow) -> str:
    if not row.level:
        return "not verified yet"
    if row.verdict == "match":
        return f"{number_of(row.files, 'file')} compared at level {row.level}"
    if row.verdict == "unknown":
        return "what could not be proven stands in the report with names"
    lost = f"{number_of(row.lost, 'file')} lost or altered, and nothing explains it" if row.lost else ""
    conflicts = number_of(row.conflicts, "new conflict file") if row.conflicts else ""
    return "; ".join(filter(None, (lost, conflicts))) or "the folder is gone"
