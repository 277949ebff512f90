"""What the policy was asked about, one by one: hosts, their profiles, and the folders of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smartfleet.model.policy import CheckInfo, CheckResult
from smartfleet.model.report import FolderRow, HostRow, ProfileRow, ReportData
from smartfleet.words import Words


@dataclass(frozen=True)
class Subject:
    """A host, a profile or a folder with the answers about it; what it is not is ""."""

    host: str
    user: str
    config_path: str
    folder: str
    results: Sequence[CheckResult]
    passed: Sequence[str]


def by_host(data: ReportData) -> Iterator[tuple[HostRow, list[ProfileRow]]]:
    """Every host with its profiles."""
    profiles: dict[str, list[ProfileRow]] = {}
    for profile in data.profiles:
        profiles.setdefault(profile.host, []).append(profile)
    for host in data.hosts:
        yield host, profiles.get(host.host, [])


def of_host(host: HostRow, profiles: Sequence[ProfileRow]) -> Iterator[Subject]:
    """The host itself, then each profile before its folders."""
    yield Subject(host.host, "", "", "", host.results, host.passed)
    for profile in profiles:
        yield from of_profile(profile)


def of_profile(profile: ProfileRow) -> Iterator[Subject]:
    yield Subject(profile.host, profile.user, profile.config_path, "", profile.results, profile.passed)
    for folder in profile.folders:
        yield _of_folder(profile, folder)


def message(result: CheckResult, words: Words) -> str:
    """What was found, in the language of `words` where its catalogs can say it. Not made safe for any reader."""
    if not words.get(result.text):
        return result.message
    return words(result.text, **result.values)


def remedy(result: CheckResult, words: Words) -> str:
    """What mends it, as `message`."""
    if not words.get(result.do_text):
        return result.do
    return words(result.do_text, **result.values)


def title(check: CheckInfo, words: Words) -> str:
    """The title of a check; those that `smartfleet.yml` adds have one language."""
    return (check.source == "built-in" and words.get(f"checks.{check.check}.title")) or check.title


def _of_folder(profile: ProfileRow, folder: FolderRow) -> Subject:
    return Subject(profile.host, profile.user, profile.config_path, folder.local_path, folder.results, folder.passed)
