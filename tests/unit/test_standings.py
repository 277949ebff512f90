"""What is counted of hosts and kept: a look at it says what judging everybody anew says, or how many are behind."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartfleet.campaign import assessing, counting
from smartfleet.campaign import standings as kept_standings
from smartfleet.campaign.counting import Count, Look
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.judging import gather, judge_run
from smartfleet.campaign.trust import unchecked
from smartfleet.errors import StoreError
from smartfleet.fleet import Fleet
from smartfleet.model.results import Outcome, Verdict
from smartfleet.policy.cases import DAY
from smartfleet.policy.evidence import FolderKey, FolderPast
from smartfleet.policy.judge import policy_of
from smartfleet.report.data import Figures
from smartfleet.report.rows import rows_of
from smartfleet.store.documents import batches
from smartfleet.store.retention import Limits
from smartfleet.store.standings import Standing
from tests.unit.builders import CONFIG_PATH, HOME, NEW, OLD, TIME, Case, facts_of, fleet_config
from tests.unit.campaign_world import World, WorldCampaign, english

NAMES = ("a", "b", "c")
HOUR = 3_600.0


def day(time: float) -> str:
    return datetime.fromtimestamp(time, tz=UTC).astimezone().date().isoformat()


def waiver(until: str, **more: Any) -> dict[str, Any]:
    return {"check": "*", "hosts": ["a*"], "who": "eva", "why": "known", "until": until, **more}


CASES: Mapping[str, Case] = {
    "old": {},
    "new": {"accounts": [{"url": NEW, "folders": [{"files": 3, "bytes": 10**30}]}]},
    "both": {"accounts": [{"url": NEW}, {}]},
    "other": {"accounts": [{"url": "https://elsewhere.example"}]},
    "pending": {"accounts": [{"url": NEW, "folders": [{"local_changes": {"new": 1, "changed": 0, "deleted": 0}}]}]},
    "hidden": {"problems": [{"code": "profile-unread", "message": "no"}]},
}
QUIET = {"id": "too-quiet", "title": "Quiet", "scope": "host", "severity": "error", "fails_when": "seen_days > `2`"}
POLICIES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "short": {"audit_days": 2, "unseen_days": 3},
    "waived": {"waivers": [waiver(day(TIME + 2 * DAY)), waiver(day(TIME + 4 * DAY), hosts=["b"])]},
    "own": {"checks": [QUIET]},
    "verified": {"verify_days": 2},
    "mild": {"severities": {"old-server": "note", "folder-verdict": "skip"}},
}
AIMS: Mapping[str, Mapping[str, Any]] = {
    "there": {},
    "back": {"servers": {"old": [NEW], "new": OLD}},
    "anew": {"move": {"strategy": "reconnect"}},
}


@dataclass
class Story:
    """A fleet, and what happens to it."""

    world: World
    policy: Mapping[str, Any] = field(default_factory=dict)
    aim: Mapping[str, Any] = field(default_factory=dict)
    version: str = "1"
    trusting: frozenset[str] = frozenset()
    hosts: Sequence[str] = NAMES

    @property
    def campaign(self) -> WorldCampaign:
        made = self.world.campaign()
        assert isinstance(made, WorldCampaign)
        return replace(made, fleet=self.fleet, inventory=self.listed)

    @property
    def fleet(self) -> Fleet:
        return Fleet(self.world.folder, fleet_config(policy=self.policy, **self.aim))

    @property
    def listed(self) -> list[InventoryHost]:
        loose = {"ansible_host_key_checking": "no"}
        return [InventoryHost(name, name, vars=loose if name in self.trusting else {}) for name in self.hosts]

    def look(self, **how: Any) -> Count:
        campaign = self.campaign
        policy = policy_of(campaign.fleet.config, english(), self.world.clock.now())
        doubtful = unchecked(self.listed, {})
        with self.program():
            return Look(self.world.store, campaign.fleet.config, policy, doubtful, **how).over(self.hosts)

    def anew(self) -> Figures:
        """By a program that takes nothing that was kept, and keeps nothing."""
        with patch.object(assessing, "__version__", "anew"), patch.object(self.world.store, "set_assessments"):
            return self._anew()

    def _anew(self) -> Figures:
        campaign = self.campaign
        policy = policy_of(campaign.fleet.config, english(), self.world.clock.now())
        found = Figures()
        for one in gather(self.world.store, campaign.fleet.config, self.hosts, unchecked(self.listed, {})):
            found.add(rows_of(one, policy.judge(one)))
        return found

    def run(self, verb: str = "audit") -> str:
        run = self.world.store.begin(verb, 1)
        self.world.store.finish(run, "done")
        return run

    def audited(self, host: str, case: str, late: float = 0.0) -> None:
        """`late`: how long ago by the host's audit, or how far ahead its clock is."""
        self.world.store.add_facts(self.run(), {host: (self.world.clock.now() - late, facts_of(CASES[case]))})

    def came(self, host: str, outcome: str) -> None:
        one = {"host": host, "user": "eva", "config_path": CONFIG_PATH, "outcome": outcome, "code": "a-code"}
        self.world.store.add_outcomes(self.run("apply"), [Outcome.model_validate(one)])

    def verified(self, host: str, verdict: str) -> None:
        one = {
            "host": host, "user": "eva", "config_path": CONFIG_PATH, "account": "0", "alias": "1", "level": "journal",
            "local_path": f"{HOME}/Nextcloud/", "verdict": verdict, "reason": "so",
        }  # fmt: skip
        self.world.store.add_verdicts(self.run("verify"), [Verdict.model_validate(one)])

    def lay(self, host: str, first: str) -> None:
        key = FolderKey("eva", CONFIG_PATH, "eva", "/")
        self.world.store.set_folder_past({host: {key: FolderPast(first, TIME - 9 * DAY)}})

    def judged(self, host: str) -> None:
        with self.program():
            judge_run(self.campaign, self.run(), [host] if host in self.hosts else list(self.hosts))

    @contextmanager
    def program(self) -> Iterator[None]:
        with (
            patch.object(kept_standings, "__version__", self.version),
            patch.object(assessing, "__version__", self.version),
        ):
            yield

    def passes(self, seconds: float) -> None:
        self.world.clock.time += seconds

    def thinned(self) -> None:
        now = self.world.clock.now()
        self.world.store.thin(Limits(facts=now + DAY, weekly=now + DAY, runs=now + DAY), 60.0)


Step = Callable[[Story], object]


def say(**changes: Any) -> Step:
    def change(story: Story) -> None:
        for name, value in changes.items():
            setattr(story, name, value)

    return change


def told(what: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """`what` happens to the story, with values of these strategies."""
    return st.tuples(*strategies).map(lambda values: lambda story: what(story, *values))


host = st.sampled_from(NAMES)
STEPS: st.SearchStrategy[Step] = st.one_of(
    told(Story.audited, host, st.sampled_from(sorted(CASES)), st.sampled_from([0.0, 5 * DAY, -3 * DAY])),
    told(Story.came, host, st.sampled_from(["moved", "failed", "waiting-online"])),
    told(Story.verified, host, st.sampled_from(["match", "drift"])),
    told(Story.lay, host, st.sampled_from([f"{HOME}/Nextcloud/", f"{HOME}/Other/"])),
    told(Story.judged, host),
    told(Story.passes, st.sampled_from([HOUR, DAY, 1.5 * DAY, 31 * DAY, -2 * DAY])),
    st.sampled_from(sorted(POLICIES)).map(lambda name: say(policy=POLICIES[name])),
    st.sampled_from(sorted(AIMS)).map(lambda name: say(aim=AIMS[name])),
    st.sets(host).map(lambda names: say(trusting=frozenset(names))),
    st.sampled_from(["1", "2"]).map(lambda version: say(version=version)),
    st.sets(host, min_size=1).map(lambda names: say(hosts=sorted(names))),
    st.just(lambda story: story.look()),
    st.just(Story.thinned),
)


def same(found: Count, expected: Figures) -> None:
    assert found.figures.headline() == expected.headline()
    assert (found.figures.unplanned, found.figures.unproven) == (expected.unplanned, expected.unproven)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    made = Story(World(tmp_path, []))
    for name in NAMES:
        made.audited(name, "old")
    made.judged("nobody")
    return made


def frozen(story: Story) -> Story:
    """Who may only read the store."""
    story.world.store.set_standings = refuse  # type: ignore[method-assign]
    return story


def refuse(standings: Sequence[Standing]) -> None:  # noqa: ARG001 - as in Store
    raise StoreError("store/read-only", "no", do="no")


@settings(max_examples=10, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_a_look_says_what_judging_everybody_anew_says(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = Story(World(Path(folder), []))
        for step in [*steps, Story.thinned]:
            step(story)
            kept = story.world.store.set_standings
            found = frozen(story).look()
            story.world.store.set_standings = kept  # type: ignore[method-assign]
            assert found.behind == 0
            same(found, story.anew())


def counted(story: Story) -> list[str]:
    """The hosts that a look has to judge."""
    asked: list[str] = []
    real = story.world.store.each_verdict

    def asking(hosts: Sequence[str], run: str = "") -> Iterator[Verdict]:
        asked.extend(hosts)
        return real(hosts, run)

    with patch.object(story.world.store, "each_verdict", asking):
        story.look()
    return asked


UNCHANGED: Mapping[str, Step] = {
    "nothing": lambda _: None,
    "an hour": lambda story: story.passes(HOUR),
    "thinned facts": Story.thinned,
    "a run of others": lambda story: story.audited("d", "new"),
    "a host less": say(hosts=("a", "b")),
}
CHANGED: Mapping[str, tuple[Step, list[str]]] = {
    "an audit": (lambda story: story.audited("b", "old"), ["b"]),
    "an outcome": (lambda story: story.came("b", "moved"), ["b"]),
    "a verdict": (lambda story: story.verified("c", "match"), ["c"]),
    "another past": (lambda story: story.lay("a", "/elsewhere"), ["a"]),
    "a host more": (say(hosts=(*NAMES, "d")), ["d"]),
    "age": (lambda story: story.passes(30 * DAY + 1), [*NAMES]),
    "a clock set back": (lambda story: story.passes(-2 * DAY), [*NAMES]),
    "trust": (say(trusting=frozenset("c")), ["c"]),
    "settings": (say(policy={"audit_days": 7}), [*NAMES]),
    "another server": (say(aim=AIMS["back"]), [*NAMES]),
    "another program": (say(version="2"), [*NAMES]),
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_who_is_as_before_is_not_judged_again(story: Story, name: str) -> None:
    UNCHANGED[name](story)
    assert counted(story) == []


@pytest.mark.parametrize("name", CHANGED)
def test_who_became_another_is_judged_once(story: Story, name: str) -> None:
    change, hosts = CHANGED[name]
    change(story)
    assert sorted(counted(story)) == hosts
    assert counted(story) == []
    same(story.look(), story.anew())


def test_the_days_of_a_waiver_are_its_own(story: Story) -> None:
    story.policy = {"waivers": [waiver(day(TIME + 2 * DAY)), waiver(day(TIME - 2 * DAY), hosts=["b"])]}
    compliant = {}
    for passed in (0, 1, 2, 3, -10):
        story.passes(passed * DAY)
        same(story.look(), story.anew())
        compliant[day(story.world.clock.now())] = story.look().figures.headline().hosts_compliant
    assert sorted(set(compliant.values())) == [0, 1, 2]
    story.policy = {"waivers": [waiver(day(story.world.clock.now() + DAY))]}
    assert sorted(counted(story)) == [*NAMES]
    story.passes(2 * DAY)
    assert counted(story) == ["a"]


class Ticking:
    """A clock of which every look at it takes a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_more_than_can_be_judged_in_time_are_said_to_be_behind(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "BATCH", 1)
    monkeypatch.setattr(counting, "batches", partial(batches, size=1))
    before = story.anew()
    for name in NAMES:
        story.audited(name, "new")
    first = story.look(left=2, clock=Ticking())
    assert first.behind == 1
    assert first.figures.headline().on_old_server == 1
    assert before.headline().on_old_server == len(NAMES)
    # the next look goes on where this one ended
    second = story.look(left=2, clock=Ticking())
    assert second.behind == 0
    same(second, story.anew())


def test_hosts_that_nothing_is_kept_of_are_judged_however_many(story: Story) -> None:
    """As in a store of before."""
    story.hosts = [f"pc-{number}" for number in range(5)]
    for name in story.hosts:
        story.audited(name, "old")
    found = story.look(left=0)
    assert found.behind == 0
    same(found, story.anew())
    assert counted(story) == []


def test_who_may_only_read_sees_as_much(story: Story) -> None:
    story.audited("a", "new")
    frozen(story)
    for _ in range(2):
        assert counted(story) == ["a"]
        same(story.look(), story.anew())


def test_an_audit_while_another_is_judged_is_not_taken_for_counted(story: Story) -> None:
    """What a run writes between two reads of a look is newer than what the look says it has counted."""
    story.audited("a", "old")
    real = story.world.store.each_outcome

    def meanwhile(hosts: Any = None, run: str = "") -> Any:
        story.world.store.each_outcome = real  # type: ignore[method-assign]
        story.audited("a", "new")
        return real(hosts, run)

    story.world.store.each_outcome = meanwhile  # type: ignore[method-assign]
    story.look()
    assert counted(story) == ["a"]


def test_checks_that_are_python_are_always_asked(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartfleet.policy.own.load", lambda _name: lambda _subject: False)
    story.policy = {"checks": [{"id": "disk", "title": "Disk", "python": "disk"}]}
    for _ in range(2):
        assert sorted(counted(story)) == [*NAMES]
        same(story.look(), story.anew())
