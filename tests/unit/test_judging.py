"""What a run leaves for later: judgements of its hosts, and what audits saw of their folders."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.audit import audit
from smartfleet.campaign.judging import gather as known
from smartfleet.campaign.judging import judge_run
from smartfleet.campaign.queue import run_due
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.verify import Question, verify
from smartfleet.engines.answers import Answer, RunAnswers, gather
from smartfleet.errors import InventoryError, StoreError
from smartfleet.model.campaign import RunState
from smartfleet.model.facts import HostFacts
from smartfleet.model.judged import JudgedHost
from smartfleet.policy.evidence import FolderKey
from tests.unit.builders import CONFIG_PATH, HOME, NEW, TIME, Case, fleet_config
from tests.unit.campaign_world import Hosts, Killed, World, WorldCampaign, facts_for

KEY = FolderKey("eva", CONFIG_PATH, "eva", "/")
PATH = f"{HOME}/Nextcloud/"
MOVED: Case = {"accounts": [{"url": NEW}]}


@dataclass
class Audited:
    """Hosts as an audit sees them; who is not named does not answer."""

    cases: Mapping[str, Case] = field(default_factory=dict)

    def __call__(self, run: Run, _controls: Controls) -> RunAnswers:
        told = [
            Answer(host, "smartde.nextcloud.client_facts", "ok", {"facts": self._facts(host).model_dump(mode="json")})
            for host in run.hosts
            if host in self.cases
        ]
        return RunAnswers(gather(run.hosts, told), interrupted=False, rc=0)

    def _facts(self, host: str) -> HostFacts:
        return facts_for(self.cases[host])


def look(made: World, **cases: Case) -> str:
    campaign = replace(made.campaign(), execute=Audited(cases))
    return audit(campaign, made.names).run


def folder_of(judged: JudgedHost) -> Any:
    return judged.profiles[0].folders[0]


def test_an_audit_is_judged_and_only_what_is_news_is_kept(tmp_path: Path) -> None:
    made = World(tmp_path, ["a", "b"])
    first = look(made, a={}, b={})
    second = look(made, a={}, b=MOVED)
    assert made.told == []
    before, after = made.store.judged(run=first), made.store.judged(run=second)
    assert before["a"] == after["a"]
    assert [profile.state for profile in before["a"].profiles] == ["old"]
    assert before["a"].profiles[0].answers["old-server"] == "fail"
    assert "old-server" not in after["b"].profiles[0].answers
    assert [(one.run, one.on_old_server, one.on_new_server) for one in made.store.history(9)] == [
        (first, 2, 0),
        (second, 1, 1),
    ]


def test_every_kind_of_run_is_judged(tmp_path: Path) -> None:
    made = World(
        tmp_path, ["a", "b"], hosts=Hosts({"b": ["failed disk-full"]}, fresh={"a": MOVED}, drift=frozenset("a"))
    )
    applied = made.apply()
    assert {host: one.profiles[0].state for host, one in made.store.judged(run=applied.run).items()} == {
        "a": "new",
        "b": "old",
    }
    found = verify(made.campaign(), ["a"], Question(level="journal"))
    (folder,) = made.store.judged(run=found.run)["a"].profiles[0].folders
    assert (folder.login, folder.target_path, folder.local_path, folder.verdict) == ("eva", "/", PATH, "drift")
    assert folder.reason
    assert folder.answers["folder-verdict"] == "fail"


def test_a_run_of_the_queue_judges_whom_it_tried(tmp_path: Path) -> None:
    made = World(tmp_path, ["a", "b", "c"], hosts=Hosts({"c": ["offline", "moved"]}))
    made.store.add_facts(made.store.begin("audit", 0), {})
    applied = made.apply({"until": made.clock.time + 1e6}, stay=False)
    assert applied.state == "waiting"
    asked: list[list[str]] = []
    campaign = made.campaign()
    made.clock.time += 1e5

    def facts(hosts: Any = None) -> Any:
        asked.append(list(hosts))
        return iter(())

    campaign.store.each_facts = facts  # type: ignore[method-assign] # to see who is asked for
    run_due(campaign, made.events.append)
    assert asked[-1] == ["c"]


@pytest.mark.parametrize("state", ["running", "failed"])
def test_a_resume_judges_what_a_process_that_died_had_done(tmp_path: Path, state: RunState) -> None:
    def die() -> str:
        raise Killed

    made = World(tmp_path, ["a", "b", "c"], hosts=Hosts({"b": [die, "moved"]}, fresh={"a": MOVED, "b": MOVED}))
    with contextlib.suppress(Killed):
        made.apply({"campaign": {"canary": 1}})
    (run,) = [one.run for one in made.store.runs() if one.verb == "apply"]
    assert made.store.judged() == {}
    made.store.finish(run, state)
    made.resume(run)
    states = {host: one.profiles[0].state for host, one in made.store.judged(run=run).items()}
    assert states == {"a": "new", "b": "new", "c": "old"}


def dies_before_it_judges(patch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    patch.setattr("smartfleet.campaign.carrying.afterwards", die)


def states_of(made: World, run: str) -> dict[str, str]:
    return {host: one.profiles[0].state for host, one in made.store.judged(run=run).items()}


def test_a_resume_judges_a_run_that_was_closed_and_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = World(tmp_path, ["a", "b"], hosts=Hosts(fresh={"a": MOVED, "b": MOVED}))
    with monkeypatch.context() as patch, contextlib.suppress(Killed):
        dies_before_it_judges(patch)
        made.apply()
    (run,) = [one.run for one in made.store.runs() if one.verb == "apply"]
    made.store.finish(run, "done")
    assert states_of(made, run) == {}
    made.clock.time += 1
    assert made.resume(run).state == "done"
    assert states_of(made, run) == {"a": "new", "b": "new"}


def test_what_was_done_after_a_run_was_judged_is_judged_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was judged when it had ended, and closed once more after its last hosts by a process that died then."""
    fresh = {"a": MOVED}
    made = World(tmp_path, ["a", "b"], hosts=Hosts(fresh=fresh))
    made.answers = [False, True]
    run = made.apply({"campaign": {"canary": 1, "pause": "ask"}}).run
    assert states_of(made, run) == {"a": "new"}
    made.clock.time += 1
    fresh["b"] = MOVED
    with monkeypatch.context() as patch, contextlib.suppress(Killed):
        dies_before_it_judges(patch)
        made.resume(run)
    assert states_of(made, run) == {"a": "new"}
    made.store.finish(run, "done")
    made.clock.time += 1
    made.resume(run)
    assert states_of(made, run) == {"a": "new", "b": "new"}


def test_a_host_that_was_never_seen_is_not_compliant(tmp_path: Path) -> None:
    made = World(tmp_path, ["a"])
    made.names.append("new")
    look(made, a={})
    judged = made.store.judged()["new"]
    assert (judged.compliant, judged.profiles, judged.answers["host-seen"]) == (False, [], "fail")
    assert set(judged.answers.values()) == {"fail", "unknown"}


def test_the_past_of_folders(tmp_path: Path) -> None:
    """The first place stays, whatever later audits see; since when something waits is that of the first in a row."""
    made = World(tmp_path, ["a"])
    waits: Case = {"accounts": [{"folders": [{"local_changes": {"new": 2, "changed": 0, "deleted": 0}}]}]}
    elsewhere: Case = {"accounts": [{"url": NEW, "folders": [{"local_path": f"{HOME}/Other/"}]}]}
    told, unread = [], {"accounts": [{"folders": [{"state": "unreadable"}]}]}
    audits: list[Case] = [waits, waits, unread, elsewhere, {"accounts": []}]
    for case in audits:
        run = look(made, a=case)
        past = made.store.folder_past(["a"])["a"][KEY]
        told.append((past.first_path, past.pending_since is not None))
        assert made.told == []
        judged = made.store.judged(run=run)["a"]
    # the audit that the world begins with was not judged: what it saw is read once
    assert told == [(PATH, True), (PATH, True), (PATH, True), (PATH, False), (PATH, False)]
    assert past.first_seen == TIME
    assert judged.profiles[0].folders == []
    look(made, a=elsewhere)
    assert folder_of(made.store.judged()["a"]).answers["folder-moved"] == "fail"


def test_a_store_of_before_tells_where_folders_lay_before_any_run(tmp_path: Path) -> None:
    """Its facts are all there is; a report of it must not pass what the oldest of them contradicts."""
    made = World(tmp_path, ["a", "b"])
    moved: Case = {"accounts": [{"url": NEW, "folders": [{"local_path": f"{HOME}/Other/"}]}]}
    made.store.add_facts(made.store.begin("audit", 1), {"a": (TIME + 1, facts_for(moved))})
    assert made.store.folder_past(["a", "b"]) == {}
    found = {one.host: one.past for one in known(made.store, fleet_config(), ["a", "b", "never"])}
    assert found["a"][KEY].first_path == PATH
    assert (found["b"], found["never"]) == ({}, {})


def test_a_second_copy_does_not_hide_where_the_folder_was(tmp_path: Path) -> None:
    made = World(tmp_path, [])
    made.names.append("a")
    copy: Case = {"accounts": [{"url": NEW, "folders": [{"local_path": f"{HOME}/Nextcloud2/"}]}, {}]}
    look(made, a=copy)
    assert made.store.folder_past(["a"])["a"][KEY].first_path == PATH


def test_a_folder_of_before_without_an_account_was_there_first(tmp_path: Path) -> None:
    """So a host whose second copy is mended does not fail for having gone back."""
    made = World(tmp_path, [])
    made.names.append("a")
    original: Case = {"path": f"{HOME}/Nextcloud", "files": 5, "bytes": 600, "journals": [], "twins": 5}
    copy: Case = {"accounts": [{"url": NEW, "folders": [{"local_path": f"{HOME}/Nextcloud2/"}]}], "orphans": [original]}
    look(made, a=copy)
    assert folder_of(made.store.judged()["a"]).answers["folder-moved"] == "fail"
    look(made, a=MOVED)
    assert "folder-moved" not in folder_of(made.store.judged()["a"]).answers


def test_no_row_says_what_changes_by_itself(tmp_path: Path) -> None:
    made = World(tmp_path, ["a"])
    look(made, a={})
    made.clock.time += 1000.0
    look(made, a={})
    assert len(made.store.history(9)) == 1


@pytest.mark.parametrize(
    "error",
    [StoreError("store/full", "no room\x1b[31m"), ValueError("x"), KeyboardInterrupt(), InventoryError("i", "i")],
)
def test_a_judgement_that_goes_wrong_is_told_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    made = World(tmp_path, ["a"])

    def broken(*_args: object) -> None:
        raise error

    monkeypatch.setattr(made.store, "add_judgements", broken)
    applied = made.apply()
    assert applied.state == "done"
    (told,) = made.told
    assert "was not kept" in told
    assert "\x1b" not in told
    monkeypatch.undo()
    judge_run(made.campaign(), applied.run, ["a"])
    assert list(made.store.judged(run=applied.run)) == ["a"]


def test_what_is_known_of_many_hosts(tmp_path: Path) -> None:
    names = [f"pc-{number:03}" for number in range(600)]
    made = World(tmp_path, names)
    found = {one.host: one for one in known(made.store, fleet_config(), [*names, "never"], unchecked={"pc-007"})}
    assert set(found) == {*names, "never"}
    assert [host for host, one in found.items() if one.unchecked] == ["pc-007"]
    assert (found["never"].facts, found["never"].last_seen) == (None, None)
    assert found["pc-007"].last_seen == made.store.runs()[-1].started
    assert all(
        one.facts and one.assessment and one.assessment.host == host for host, one in found.items() if host != "never"
    )


def test_hosts_that_left_the_inventory_are_noted_by_a_run_over_others(tmp_path: Path) -> None:
    made = World(tmp_path, ["a", "b"])
    first = look(made, a={}, b={})
    made.names = ["a"]
    second = look(made, a={})
    assert [sorted(made.store.judged(run=run)) for run in (first, second)] == [["a", "b"], ["a"]]


def test_of_an_inventory_that_was_read_in_part_nobody_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = World(tmp_path, ["a", "b"])
    look(made, a={}, b={})
    monkeypatch.setattr(WorldCampaign, "whole", lambda _self: None)
    made.names = ["a"]
    look(made, a={})
    assert sorted(made.store.judged()) == ["a", "b"]


def test_host_keys_that_nobody_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = World(tmp_path, ["a"])
    look(made, a={})
    assert "host-trust" not in made.store.judged()["a"].answers
    monkeypatch.setitem(os.environ, "ANSIBLE_HOST_KEY_CHECKING", "False")
    look(made, a={})
    assert made.store.judged()["a"].answers["host-trust"] == "fail"
