"""What breaks under a run: its store, its process, its inventory, its canary; and hosts that others have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.onestep import Moved
from smartfleet.campaign.queue import run_due
from smartfleet.campaign.rollback import rollback
from smartfleet.errors import InventoryError, PlanError, RunError, StoreError, UsageError
from smartfleet.plan import make_plan
from smartfleet.store.lease import Owner
from tests.unit.builders import INSTANCE, TIME, facts_of, fleet_config
from tests.unit.campaign_world import INTERRUPT, Hosts, World, outcomes

FOUR = ["a", "b", "c", "d"]


def world(tmp_path: Path, names: list[str] | None = None, **script: list[Any]) -> World:
    return World(tmp_path, names or FOUR, Hosts(script))


def test_a_run_is_in_the_store_before_any_host_is_touched(tmp_path: Path) -> None:
    made = world(tmp_path)
    seen: list[Any] = []

    def look() -> str:
        (run,) = [run for run in made.store.runs() if run.verb == "apply"]
        seen.append((run.state, run.driven, made.store.settings(run.run), made.states(run.run)))
        seen.append((made.store.plan(run.plan_hash), [lock.host for lock in made.store.locks()]))
        return "moved"

    made.hosts.script = {"a": [look]}
    made.apply({"campaign": {"waves": [2]}})
    state, driven, settings, states = seen[0]
    assert (state, driven, settings.campaign.waves) == ("running", True, [2])
    assert states == {"a": "running", "b": "running", "c": "pending", "d": "pending"}
    assert seen[1] == (made.plan, ["a", "b"])


def test_outcomes_come_to_the_store_while_the_wave_goes_on(tmp_path: Path) -> None:
    made = world(tmp_path)
    seen: list[set[str]] = []

    def look() -> str:
        made.clock.time += 2
        seen.append({one.host for one in made.store.outcomes()})
        return "moved"

    made.hosts.script = {"b": [look], "c": [look], "d": [look]}
    made.apply()
    assert seen == [set(), {"a", "b"}, {"a", "b", "c"}]


def test_a_store_that_cannot_be_written_for_a_while_loses_nothing(tmp_path: Path) -> None:
    made = world(tmp_path)
    real, broken = made.store.add_outcomes, []

    def fail(*_: Any) -> None:
        made.store.add_outcomes = real  # type: ignore[method-assign]
        broken.append(True)
        raise StoreError("store/busy-or-full", "the disk is full")

    def break_it() -> str:
        made.clock.time += 2
        made.store.add_outcomes = fail  # type: ignore[method-assign, assignment]
        return "moved"

    made.hosts.script = {"b": [break_it]}
    done = made.apply()
    assert broken == [True]
    assert {one.host: one.outcome for one in made.store.outcomes(run=done.run)} == dict.fromkeys(FOUR, "moved")
    assert made.hosts.runs == [["a", "b"], ["c", "d"]]


def test_a_store_that_stays_broken_ends_the_run_resumably(tmp_path: Path) -> None:
    made = world(tmp_path)
    real = made.store.add_outcomes

    def fail(*_: Any) -> None:
        raise StoreError("store/busy-or-full", "the disk is full")

    def break_it() -> str:
        made.clock.time += 2
        made.store.add_outcomes = fail  # type: ignore[method-assign, assignment]
        return "moved"

    made.hosts.script = {"b": [break_it, "moved"]}
    with pytest.raises(StoreError, match="disk is full"):
        made.apply()
    (run,) = [run for run in made.store.runs() if run.verb == "apply"]
    assert f"smartfleet apply --resume {run.run}" in made.told[-1]
    made.store.add_outcomes = real  # type: ignore[method-assign]
    assert outcomes(made.resume(run.run)) == dict.fromkeys(FOUR, "moved")


def test_a_run_that_somebody_drives_is_not_resumed(tmp_path: Path) -> None:
    made = world(tmp_path)
    codes: list[str] = []

    def another() -> str:
        (run,) = [run for run in made.store.runs() if run.verb == "apply"]
        try:
            made.store.drive(run.run, Owner("elsewhere", 1, "x"))
        except StoreError as error:
            codes.append(error.code)
        return "moved"

    made.hosts.script = {"a": [another]}
    assert made.apply().state == "done"
    assert codes == ["store/run-alive"]


def test_the_queue_run_tries_whoever_is_due(tmp_path: Path) -> None:
    made = world(tmp_path, a=["offline", "offline", "moved"], b=["waiting-session", "moved"])

    def interrupt() -> None:
        raise KeyboardInterrupt

    settings = {"until": made.clock.time + 86_400, "every": 900.0}
    made.clock.at[made.clock.time + 10] = interrupt
    first = made.apply(settings)
    summary = made.store.run(first.run)
    assert summary is not None
    # whoever goes home leaves the rest to the timer
    assert (first.state, summary.state) == ("interrupted", "waiting")
    made.hosts.runs.clear()
    assert run_due(made.campaign(), made.events.append) == []
    made.clock.time += 1000
    (applied,) = run_due(made.campaign(), made.events.append)
    assert (applied.run, applied.state) == (first.run, "waiting")
    made.clock.time += 2000
    (applied,) = run_due(made.campaign(), made.events.append)
    assert (applied.state, outcomes(applied)) == ("done", dict.fromkeys(FOUR, "moved"))
    assert made.hosts.runs == [["a", "b"], ["a"]]
    made.clock.time += 9000
    assert run_due(made.campaign(), made.events.append) == []


def test_the_queue_run_takes_over_from_a_process_that_died_in_a_wave(tmp_path: Path) -> None:
    """Whoever waited is tried; the hosts that had no turn are the admin's to begin."""
    made = world(tmp_path, a=["offline", "moved"], c=[INTERRUPT, "moved"])
    first = made.apply({"until": made.clock.time + 86_400, "every": 900.0})
    made.store.finish(first.run, "running")
    made.clock.time += 1000
    (applied,) = run_due(made.campaign(), made.events.append)
    assert made.hosts.runs == [["a", "b"], ["a"]]
    assert (applied.state, applied.interrupted, made.states(first.run)["c"]) == ("interrupted", False, "pending")


def test_the_queue_run_leaves_closed_windows_and_stopped_runs_alone(tmp_path: Path) -> None:
    made = world(tmp_path, a=["offline"])
    window = {"start": "14:00", "end": "14:30", "zone": "UTC"}
    settings = {"until": made.clock.time + 86_400 * 9, "every": 60.0, "campaign": {"windows": [window]}}

    def interrupt() -> None:
        raise KeyboardInterrupt

    made.clock.at[made.clock.time + 10] = interrupt
    first = made.apply(settings)
    made.clock.time += 3600
    assert run_due(made.campaign(), made.events.append) == []
    made.clock.time += 86_400 - 3600
    assert len(run_due(made.campaign(), made.events.append)) == 1
    made.clock.time += 600
    made.store.finish(first.run, "stopped")
    assert run_due(made.campaign(), made.events.append) == []


def test_hosts_that_left_the_inventory_keep_nobody_waiting(tmp_path: Path) -> None:
    made = world(tmp_path, b=[INTERRUPT, "moved"])
    first = made.apply()
    made.gone = frozenset({"c"})
    done = made.resume(first.run)
    assert outcomes(done) == {"a": "moved", "b": "moved", "c": "refused", "d": "moved"}
    assert next(one for one in done.outcomes if one.host == "c").code == "host-gone"


def test_a_plan_for_hosts_that_are_gone_is_not_begun(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.gone = frozenset({"c"})
    with pytest.raises(InventoryError, match="no host c"):
        made.apply()
    assert [run.verb for run in made.store.runs()] == ["audit"]


@pytest.mark.parametrize("names", [["z"], ["a", "z"]])
def test_a_misspelt_canary_is_no_canary(tmp_path: Path, names: list[str]) -> None:
    made = world(tmp_path)
    with pytest.raises(UsageError, match="no host z"):
        made.apply({"campaign": {"canary": names}})
    assert made.hosts.runs == []


def test_canaries_are_picked_across_versions_and_sites(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.cases = {"c": {"clients": [{"version": "3.7.0"}]}}
    made.sites = {"d": "bonn"}
    made.__post_init__()
    made.apply({"campaign": {"canary": 3, "verify": "none"}})
    assert made.hosts.runs == [["a", "c", "d"], ["b"]]


def test_a_canary_that_the_plan_does_not_have_is_left_out(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.plan = make_plan({"a": (TIME, facts_of({}))}, fleet_config(), created=TIME, instance_id=INSTANCE)
    made.apply({"campaign": {"canary": ["b"]}})
    assert made.hosts.runs == [["a"]]


def test_users_who_put_it_off_are_left_alone_until_then(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.notices = {"postpone": 1, "postpone_for": 14_400}
    made.hosts.later = frozenset({"b"})
    begun = made.clock.time
    done = made.apply({"until": begun + 86_400, "every": 900.0})
    assert made.hosts.runs == [["a", "c", "d"], ["b"]]
    assert outcomes(done) == dict.fromkeys(FOUR, "moved")
    assert begun + 14_400 <= made.clock.time < begun + 14_500
    put_off = next(event for event in made.events if event.event == "host-done" and event.host == "b")
    assert [(one.outcome, one.code) for one in put_off.outcomes] == [("waiting-session", "postponed")]


def test_a_canary_that_cannot_be_verified_proves_nothing(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.hosts.unseen = frozenset({"a"})
    done = made.apply({"campaign": {"canary": 1}})
    assert (done.state, made.hosts.runs) == ("stopped", [["a"]])
    assert "no folder of them could be verified" in made.told[-1]


def test_a_canary_that_nobody_was_there_for_proves_nothing(tmp_path: Path) -> None:
    made = world(tmp_path, a=["offline", "waiting-session", "moved"])
    first = made.apply({"campaign": {"canary": 1}})
    assert (first.state, made.hosts.runs) == ("stopped", [["a"]])
    assert "every host of the canary waits" in made.told[-1]
    assert made.resume(first.run).state == "stopped"
    assert outcomes(made.resume(first.run)) == dict.fromkeys(FOUR, "moved")
    assert made.hosts.runs == [["a"], ["a"], ["a"], ["b", "c", "d"]]


def test_a_canary_that_failed_within_the_budget_is_the_admins_choice(tmp_path: Path) -> None:
    made = world(tmp_path, a=["failed"])
    assert made.apply({"campaign": {"canary": 1, "budget": {"failed": {"all": 1}}}}).state == "done"


def test_the_last_wave_is_not_waited_for(tmp_path: Path) -> None:
    made = world(tmp_path)
    done = made.apply({"campaign": {"waves": [2], "soak": 600.0, "verify": "every"}})
    assert (done.state, made.hosts.verified) == ("done", [["a", "b"]])
    assert sum(made.clock.slept) == 600


def test_an_error_of_ansible_itself_ends_the_run_resumably(tmp_path: Path) -> None:
    made = world(tmp_path)

    def broken() -> str:
        raise RunError("run/no-host-reported", "Ansible ended without an answer")

    made.hosts.script = {"b": [broken, "moved"]}
    with pytest.raises(RunError):
        made.apply()
    (run,) = [run for run in made.store.runs() if run.verb == "apply"]
    assert (run.state, run.driven, made.store.locks()) == ("failed", False, [])
    assert {one.host for one in made.store.outcomes(run=run.run)} == {"a"}
    assert outcomes(made.resume(run.run)) == dict.fromkeys(FOUR, "moved")
    assert made.hosts.tries == {"a": 1, "b": 2, "c": 1, "d": 1}


def test_a_resume_of_another_plan_is_refused(tmp_path: Path) -> None:
    made = world(tmp_path, b=[INTERRUPT])
    first = made.apply()
    made.plan = made.plan.model_copy(update={"hash": "0" * 64})
    with pytest.raises(PlanError, match="another plan"):
        made.resume(first.run)


def test_a_rollback_leaves_locked_hosts_to_their_run(tmp_path: Path) -> None:
    made = world(tmp_path)
    other = made.store.begin("apply", 1)
    made.store.lock(other, ["a"], 600.0, Owner.mine())
    done = rollback(made.campaign(), {"a": [Moved("eva", "c")]})
    assert [(one.host, one.user, one.outcome, one.code) for one in done.outcomes] == [
        ("a", "eva", "refused", "host-locked")
    ]
    assert made.hosts.runs == []


TWO = {"users": [{"user": "eva"}, {"user": "max", "config": {"path": "/home/max/nextcloud.cfg"}}]}


def test_a_host_that_waits_for_one_user_leaves_the_other_alone(tmp_path: Path) -> None:
    """A move that failed is not tried every quarter of an hour because somebody else is away."""
    made = World(tmp_path, ["a"], Hosts({"a": ["eva failed, max waiting-session", "max moved"]}), cases={"a": TWO})
    settings = {"until": made.clock.time + 86_400, "campaign": {"budget": {"failed": {"all": 1}}}}
    done = made.apply(settings)
    assert {one.user: one.outcome for one in done.outcomes} == {"eva": "failed", "max": "moved"}
    assert [[one["user"] for one in orders["a"]["profiles"]] for orders in made.hosts.orders] == [
        ["eva", "max"],
        ["max"],
    ]
    assert done.state == "done"


def test_a_second_try_leaves_the_other_users_alone(tmp_path: Path) -> None:
    made = World(
        tmp_path, ["a"], Hosts({"a": ["eva moved, max refused config-changed", "max moved"]}), cases={"a": TWO}
    )
    made.hosts.fresh = {"a": TWO}
    done = made.apply()
    assert {one.user: one.outcome for one in done.outcomes} == {"eva": "moved", "max": "moved"}
    ordered = [[one["user"] for one in orders["a"]["profiles"]] for orders in made.hosts.orders]
    assert ordered == [["eva", "max"], ["max"]]
    (told,) = [event.outcomes for event in made.events if event.event == "host-done"]
    assert [(one.user, one.outcome) for one in told] == [("eva", "moved"), ("max", "moved")]


def test_a_stop_before_a_second_try_leaves_it_to_the_resume(tmp_path: Path) -> None:
    made = world(tmp_path, a=["refused config-changed", "refused config-changed", "moved"], c=[INTERRUPT, "moved"])
    first = made.apply()
    assert made.states(first.run) == {"a": "pending", "b": "done", "c": "pending", "d": "pending"}
    assert outcomes(made.resume(first.run)) == dict.fromkeys(FOUR, "moved")
    assert made.hosts.runs == [["a", "b"], ["a", "c", "d"], ["a"]]


def test_what_was_moved_stays_moved_when_its_host_is_locked_or_gone(tmp_path: Path) -> None:
    script: dict[str, list[Any]] = {name: ["eva moved, max waiting-session"] for name in ("a", "b")}
    made = World(tmp_path, ["a", "b"], Hosts(script), cases={"a": TWO, "b": TWO})

    def interrupt() -> None:
        raise KeyboardInterrupt

    made.clock.at[made.clock.time + 10] = interrupt
    first = made.apply({"until": made.clock.time + 86_400, "every": 900.0})
    other = made.store.begin("apply", 1)
    made.store.lock(other, ["a"], 6000.0, Owner.mine())
    made.gone = frozenset({"b"})
    made.clock.time += 1000
    (applied,) = run_due(made.campaign(), made.events.append)
    assert applied.run == first.run
    assert {(one.host, one.user): (one.outcome, one.code) for one in applied.outcomes} == {
        ("a", "eva"): ("moved", ""),
        ("a", "max"): ("refused", "host-locked"),
        ("b", "eva"): ("moved", ""),
        ("b", "max"): ("refused", "host-gone"),
    }
