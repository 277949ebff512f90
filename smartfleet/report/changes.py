"""What changed between two moments of a fleet. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from smartfleet.model.diff import CheckChange, DiffDocument, FolderChange, HostChange, Moment, Standing
from smartfleet.model.judged import ByCheck, JudgedFolder, JudgedHost, JudgedProfile


class _Subject(NamedTuple):
    """What checks ask about: a host, a profile or a folder, with its answers that are no pass.

    `asked`: the checks of the policy then; none if they are not known.
    """

    answers: ByCheck
    asked: Collection[str]
    user: str = ""
    config_path: str = ""
    folder: str = ""


_Pair = tuple[_Subject | None, _Subject | None]
"""A subject at both moments; None where it was not there."""
_FolderPair = tuple[JudgedFolder | None, JudgedFolder | None]


def diff(
    before: Moment,
    after: Moment,
    then: Mapping[str, JudgedHost],
    now: Mapping[str, JudgedHost],
    inventory: Collection[str],
) -> DiffDocument:
    """`then` and `now`: the hosts as they were judged at `before` and `after`, without those that had left by then.

    `inventory`: those that are asked about; others that were judged are gone.
    """
    asked = set(inventory)
    both = sorted(asked & then.keys() & now.keys())
    answers = {host: list(_checks(then[host], now[host])) for host in both}
    turned = {host for host in both if then[host].compliant != now[host].compliant}
    return DiffDocument(
        before=before,
        after=after,
        hosts_new=sorted(asked & (now.keys() - then.keys())),
        hosts_gone=sorted(then.keys() - asked),
        hosts_changed=[
            HostChange(host=host, compliant=now[host].compliant, checks=answers[host]) for host in sorted(turned)
        ],
        checks_changed=[change for host in both if host not in turned for change in answers[host]],
        folders_changed=[change for host in both for change in _verdicts(then[host], now[host])],
    )


def fell_back(document: DiffDocument) -> bool:
    """Whether a host is not compliant any more, or a folder drifted."""
    hosts = any(not host.compliant for host in document.hosts_changed)
    return hosts or any(folder.after == "drift" for folder in document.folders_changed)


def _checks(then: JudgedHost, now: JudgedHost) -> Iterator[CheckChange]:
    for before, after in _subjects(then, now):
        here = after or before
        if here is None:
            continue
        known = {*(before.answers if before else ()), *(after.answers if after else ())}
        for check in sorted(known):
            told = _standing(before, check), _standing(after, check)
            if told[0] != told[1]:
                yield CheckChange(
                    check=check,
                    host=now.host,
                    user=here.user,
                    config_path=here.config_path,
                    folder=here.folder,
                    before=told[0],
                    after=told[1],
                )


def _standing(subject: _Subject | None, check: str) -> Standing:
    if subject is None:
        return "absent"
    passed: Standing = "pass" if check in subject.asked or not subject.asked else "absent"
    return subject.answers.get(check, passed)


def _subjects(then: JudgedHost, now: JudgedHost) -> Iterator[_Pair]:
    asked, asks = set(then.checks), set(now.checks)
    yield _Subject(then.answers, asked), _Subject(now.answers, asks)
    for before, after in _profiles(then, now):
        yield _of_profile(before, asked), _of_profile(after, asks)
        for old, new in _folders(before, after):
            yield _of_folder(before, old, asked), _of_folder(after, new, asks)


def _of_profile(profile: JudgedProfile | None, asked: Collection[str]) -> _Subject | None:
    return _Subject(profile.answers, asked, profile.user, profile.config_path) if profile else None


def _of_folder(profile: JudgedProfile | None, folder: JudgedFolder | None, asked: Collection[str]) -> _Subject | None:
    if profile is None or folder is None:
        return None
    return _Subject(folder.answers, asked, profile.user, profile.config_path, folder.local_path)


def _verdicts(then: JudgedHost, now: JudgedHost) -> Iterator[FolderChange]:
    """Of folders that were there both times."""
    for before, after in _profiles(then, now):
        for old, new in _folders(before, after):
            if after and old and new and _differs(old, new):
                yield FolderChange(
                    host=now.host,
                    user=after.user,
                    config_path=after.config_path,
                    local_path=new.local_path,
                    before=old.verdict,
                    after=new.verdict,
                    reason=new.reason,
                )


def _differs(then: JudgedFolder, now: JudgedFolder) -> bool:
    """More files can be lost, or others, in a folder that drifted before."""
    return then.verdict != now.verdict or (now.verdict == "drift" and then.reason != now.reason)


def _profiles(then: JudgedHost, now: JudgedHost) -> Iterator[tuple[JudgedProfile | None, JudgedProfile | None]]:
    before = {(one.user, one.config_path): one for one in then.profiles}
    after = {(one.user, one.config_path): one for one in now.profiles}
    return ((before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys()))


def _folders(then: JudgedProfile | None, now: JudgedProfile | None) -> Iterator[_FolderPair]:
    before, after = _by_key(then), _by_key(now)
    for key in sorted(before.keys() | after.keys()):
        yield from _matched(before.get(key, []), after.get(key, []))


def _by_key(profile: JudgedProfile | None) -> Mapping[tuple[str, str], list[JudgedFolder]]:
    found: dict[tuple[str, str], list[JudgedFolder]] = defaultdict(list)
    for folder in profile.folders if profile else ():
        found[folder.login, folder.target_path].append(folder)
    return found


def _matched(then: Sequence[JudgedFolder], now: Sequence[JudgedFolder]) -> Iterator[_FolderPair]:
    """Several that sync the same, as a second copy does, are told apart by where they lie."""
    left = list(then)
    moved = []
    for folder in now:
        same = next((one for one in left if one.local_path == folder.local_path), None)
        if same is None:
            moved.append(folder)
        else:
            left.remove(same)
            yield same, folder
    for folder in moved:
        yield (left.pop(0) if left else None), folder
    yield from ((folder, None) for folder in left)
