"""The campaign engine over hosts that exist only here: what is begun, in which order, and when nothing new is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartfleet.model.events import EVENT
from smartfleet.store.lease import Owner
from tests.unit.campaign_world import INTERRUPT, Hosts, World, outcomes

FOUR = ["a", "b", "c", "d"]


def world(tmp_path: Path, names: list[str] | None = None, **script: list[Any]) -> World:
    return World(tmp_path, names or FOUR, Hosts(script))


def kinds(made: World) -> list[str]:
    return [event.event for event in made.events]


def test_one_wave(tmp_path: Path) -> None:
    made = world(tmp_path, b=["failed out-of-space"])
    done = made.apply({"campaign": {"budget": {"failed": {"all": 1}}}})
    assert outcomes(done) == {"a": "moved", "b": "failed", "c": "moved", "d": "moved"}
    assert (done.state, made.hosts.runs) == ("done", [FOUR])
    assert made.states(done.run) == dict.fromkeys(FOUR, "done")
    assert {one.host: one.outcome for one in made.store.outcomes(run=done.run)} == outcomes(done)
    assert [entry.event for entry in made.store.trail()] == ["begun", "ended"]
    assert kinds(made) == ["run-begun", "wave-begun", *["host-done"] * 4, "wave-ended", "run-ended"]
    assert all(EVENT.validate_json(event.model_dump_json()) == event for event in made.events)
    assert made.store.locks() == []
    summary = made.store.run(done.run)
    assert summary is not None
    assert (summary.state, summary.driven) == ("done", False)


def test_waves_come_one_after_the_other(tmp_path: Path) -> None:
    made = world(tmp_path)
    done = made.apply({"campaign": {"canary": ["c"], "waves": [1], "pause": 60.0}})
    assert made.hosts.runs == [["c"], ["a"], ["b", "d"]]
    assert [wave.name for wave in made.store.waves(done.run)] == ["canary", "wave 1", "wave 2"]
    assert {wave.state for wave in made.store.waves(done.run)} == {"done"}
    assert sum(made.clock.slept) == 120
    assert made.hosts.verified == [["c"]]


@pytest.mark.parametrize("yes", [True, False])
def test_the_admin_is_asked_between_waves(*, tmp_path: Path, yes: bool) -> None:
    made = world(tmp_path)
    made.answers = [yes]
    done = made.apply({"campaign": {"canary": 1, "pause": "ask"}})
    assert made.asked == ["canary is through: 1 moved. Begin wave 1 with 3 hosts?"]
    assert done.state == ("done" if yes else "stopped")
    assert made.hosts.runs == ([["a"], ["b", "c", "d"]] if yes else [["a"]])


def test_a_spent_budget_stops_what_was_not_begun(tmp_path: Path) -> None:
    made = world(tmp_path, a=["failed"], b=["failed"])
    done = made.apply({"campaign": {"budget": {"failed": {"all": 1}}}})
    assert made.hosts.runs == [["a", "b"]]
    assert (done.state, done.spent and done.spent.count) == ("stopped", 2)
    assert outcomes(done) == {"a": "failed", "b": "failed", "c": "unknown", "d": "unknown"}
    assert made.states(done.run) == {"a": "done", "b": "done", "c": "pending", "d": "pending"}
    assert "budget-spent" in kinds(made)
    assert {one.host for one in made.store.outcomes(run=done.run)} == {"a", "b"}


def test_a_resume_after_a_spent_budget_counts_anew(tmp_path: Path) -> None:
    made = world(tmp_path, a=["failed"], b=["failed"], c=["failed"])
    first = made.apply({"campaign": {"budget": {"failed": {"all": 1}}}})
    done = made.resume(first.run)
    assert made.hosts.runs == [["a", "b"], ["c", "d"]]
    assert (done.run, done.state) == (first.run, "done")
    assert outcomes(done) == {"a": "failed", "b": "failed", "c": "failed", "d": "moved"}


def test_a_budget_that_is_spent_by_the_last_host_stops_nothing(tmp_path: Path) -> None:
    made = world(tmp_path, d=["failed"])
    done = made.apply({"campaign": {"budget": {"failed": {"all": 0}}}})
    assert (done.state, done.spent) == ("done", None)


def test_offline_hosts_wait_and_count_only_where_the_admin_says_so(tmp_path: Path) -> None:
    made = world(tmp_path, a=["offline"], b=["offline"])
    done = made.apply()
    assert outcomes(done) == {"a": "waiting-online", "b": "waiting-online", "c": "moved", "d": "moved"}
    assert (done.state, made.states(done.run)["a"]) == ("done", "waiting")
    strict = world(tmp_path, a=["offline"])
    assert outcomes(strict.apply({"campaign": {"offline": "fail", "budget": {"failed": {"all": 4}}}}))["a"] == "failed"
    counted = world(tmp_path, a=["offline"], b=["offline"])
    assert counted.apply({"campaign": {"budget": {"unreachable": {"wave": "25%"}}}}).state == "stopped"


def test_ctrl_c_keeps_what_was_done_and_a_resume_does_the_rest(tmp_path: Path) -> None:
    made = world(tmp_path, c=[INTERRUPT, "moved"])
    first = made.apply()
    assert (first.state, first.interrupted) == ("interrupted", True)
    assert outcomes(first) == {"a": "moved", "b": "moved", "c": "unknown", "d": "unknown"}
    assert made.states(first.run) == {"a": "done", "b": "done", "c": "pending", "d": "pending"}
    done = made.resume(first.run)
    assert made.hosts.runs == [["a", "b"], ["c", "d"]]
    assert outcomes(done) == dict.fromkeys(FOUR, "moved")
    assert [entry.event for entry in made.store.trail()] == ["begun", "ended", "resumed", "ended"]


def test_ctrl_c_in_a_pause(tmp_path: Path) -> None:
    made = world(tmp_path)

    def interrupt() -> None:
        raise KeyboardInterrupt

    made.clock.at[made.clock.time + 30] = interrupt
    first = made.apply({"campaign": {"canary": 1, "pause": 60.0}})
    assert (first.state, made.hosts.runs) == ("interrupted", [["a"]])
    assert made.resume(first.run).state == "done"
    assert made.hosts.runs == [["a"], ["b", "c", "d"]]


def test_a_soak_and_a_drift(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.hosts.drift = frozenset({"a"})
    done = made.apply({"campaign": {"canary": 1, "soak": 600.0}})
    assert sum(made.clock.slept) == 600
    assert (done.state, done.spent and done.spent.kind) == ("stopped", "drifted")
    assert [verdict.verdict for verdict in done.verdicts] == ["drift"]
    assert made.hosts.runs == [["a"]]


def test_a_soak_that_was_interrupted_is_not_begun_anew(tmp_path: Path) -> None:
    made = world(tmp_path)

    def interrupt() -> None:
        raise KeyboardInterrupt

    made.clock.at[made.clock.time + 400] = interrupt
    first = made.apply({"campaign": {"canary": 1, "soak": 600.0}})
    assert first.state == "interrupted"
    made.clock.slept.clear()
    assert made.resume(first.run).state == "done"
    assert 0 < sum(made.clock.slept) <= 200


def test_a_window_that_closes_keeps_the_rest_for_the_next_one(tmp_path: Path) -> None:
    """TIME is 2026-09-21 14:13:20 UTC, a Monday."""
    made = world(tmp_path)

    def late() -> str:
        made.clock.time += 3600
        return "moved"

    made.hosts.script = {"a": [late]}
    window = {"days": ["mon", "tue"], "start": "14:00", "end": "14:30", "zone": "UTC"}
    done = made.apply({"campaign": {"windows": [window]}})
    assert made.hosts.runs == [["a"], ["b", "c", "d"]]
    waits = [event.until for event in made.events if event.event == "waiting" and event.reason == "window"]
    assert [wait % 86_400 for wait in waits] == [14 * 3600.0]
    assert outcomes(done) == dict.fromkeys(FOUR, "moved")


def test_the_queue_goes_on_until_nothing_waits(tmp_path: Path) -> None:
    made = world(tmp_path, a=["offline", "offline", "moved"], b=["waiting-session", "moved"])
    done = made.apply({"until": made.clock.time + 86_400, "every": 900.0})
    assert (done.state, outcomes(done)) == ("done", dict.fromkeys(FOUR, "moved"))
    assert made.hosts.tries == {"a": 3, "b": 2, "c": 1, "d": 1}


def test_the_queue_ends_when_its_time_is_over(tmp_path: Path) -> None:
    made = world(tmp_path, a=["offline"])
    done = made.apply({"until": made.clock.time + 7200, "every": 900.0})
    assert (done.state, outcomes(done)["a"]) == ("done", "waiting-online")
    assert 3 <= made.hosts.tries["a"] <= 5


def test_a_host_that_another_run_has_is_skipped_and_tried_again(tmp_path: Path) -> None:
    made = world(tmp_path)
    other = made.store.begin("apply", 1)
    made.store.lock(other, ["b"], 600.0, Owner.mine())
    done = made.apply()
    told = next(one for one in done.outcomes if one.host == "b")
    assert (told.outcome, told.code) == ("refused", "host-locked")
    assert other in told.message
    assert "smartfleet unlock b" in told.do
    assert made.states(done.run)["b"] == "waiting"
    made.store.unlock(other)
    assert made.hosts.runs == [["a", "c", "d"]]


REWRITTEN = {"a": {"accounts": [{"values": {"0\\ServerColor": "#0082c9"}}]}}
OTHER_FOLDER = {"a": {"accounts": [{"folders": [{"local_path": "/home/eva/Elsewhere/"}]}]}}


@pytest.mark.parametrize(
    ("now", "script", "expected"),
    [
        pytest.param(REWRITTEN, ["refused config-changed", "moved"], "moved", id="the same change"),
        pytest.param(OTHER_FOLDER, ["refused config-changed", "moved"], "refused", id="another change"),
        pytest.param(REWRITTEN, ["refused shared-folder", "moved"], "refused", id="another reason"),
        pytest.param(REWRITTEN, ["refused config-changed"], "refused", id="once more only"),
    ],
)
def test_a_client_that_rewrote_its_file(
    *, tmp_path: Path, now: dict[str, Any], script: list[str], expected: str
) -> None:
    made = world(tmp_path, a=script)
    made.hosts.fresh = now
    done = made.apply()
    assert outcomes(done)["a"] == expected
    tried_again = script[0] == "refused config-changed" and now is REWRITTEN
    assert made.hosts.runs == ([FOUR, ["a"]] if tried_again else [FOUR])
    replanned = [entry.hosts for entry in made.store.trail() if entry.event == "replanned"]
    assert replanned == ([["a"]] if tried_again else [])
    if tried_again:
        first, second = (orders["a"]["profiles"][0] for orders in made.hosts.orders)
        assert first["old_sha256"] != second["old_sha256"]
        assert first["edits"] == second["edits"]


def test_a_watcher_that_breaks_loses_nothing(tmp_path: Path) -> None:
    made = world(tmp_path)

    class Broken(list[Any]):
        def append(self, _event: Any) -> None:
            raise BrokenPipeError

    made.events = Broken()
    assert outcomes(made.apply()) == dict.fromkeys(FOUR, "moved")
    assert made.told == ["the run goes on, but its events are told no more: BrokenPipeError: "]


def test_a_plan_without_work_touches_nothing(tmp_path: Path) -> None:
    new = {"accounts": [{"url": "https://mein.smartde.coop"}]}
    made = World(tmp_path, ["a"], cases={"a": new})
    done = made.apply()
    assert (made.hosts.runs, outcomes(done), done.state) == ([], {"a": "already"}, "done")


def test_only_some_hosts_are_tried_again(tmp_path: Path) -> None:
    made = world(tmp_path, b=["failed", "moved"])
    first = made.apply({"campaign": {"budget": {"failed": {"all": 1}}}})
    again = made.apply(only=["b"], parent=first.run)
    assert again.run != first.run
    assert outcomes(again) == {"b": "moved"}
    settings, summary = made.store.settings(again.run), made.store.run(again.run)
    assert settings is not None
    assert settings.parent == first.run
    assert summary is not None
    assert summary.parent == first.run
