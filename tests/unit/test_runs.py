"""Which hosts `apply --resume` and `--retry` take, and what they refuse."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from smartfleet.cli.carry import check_someone_is_there
from smartfleet.cli.going import Wishes
from smartfleet.cli.runs import Kind, is_of, of_plan, of_resume, of_retry
from smartfleet.errors import UsageError
from smartfleet.model.campaign import CampaignSettings, RunSettings
from smartfleet.store import Owner
from tests.unit.campaign_world import Hosts, World
from tests.unit.test_next import outcome

PLAIN = CampaignSettings()
NOTHING = Wishes({}, None, None)
HOSTS = ["a", "b", "c", "d"]


@pytest.fixture
def made(tmp_path: Path) -> World:
    script = {"b": ["failed out-of-space", "moved"], "c": ["offline", "moved"], "d": ["waiting-session"]}
    return World(tmp_path, HOSTS, Hosts(script))


ANY = {"campaign": {"budget": {"failed": {"all": None}}}}


@pytest.mark.parametrize(("kind", "hosts"), [("failed", {"b"}), ("unreachable", {"c"}), ("waiting", {"c", "d"})])
def test_hosts_of_a_kind(made: World, kind: Kind, hosts: set[str]) -> None:
    run = made.apply(ANY).run
    for before in ("", run):
        intent = of_retry(PLAIN, made.store, kind, before, NOTHING)
        assert (set(intent.only), intent.parent, intent.resume) == (hosts, run, "")
        assert intent.plan == made.plan


def test_what_a_later_run_mended_is_left_out(made: World) -> None:
    first = made.apply(ANY).run
    made.apply(ANY, only={"c"})
    assert of_retry(PLAIN, made.store, "waiting", first, NOTHING).only == {"d"}
    with pytest.raises(UsageError) as caught:
        of_retry(PLAIN, made.store, "unreachable", first, NOTHING)
    assert caught.value.code == "usage/nothing-to-retry"


def test_without_a_name_it_is_the_last_run_that_has_any(made: World) -> None:
    first = made.apply(ANY).run
    made.apply(ANY, only={"a"})
    assert of_retry(PLAIN, made.store, "failed", "", NOTHING).parent == first


def test_nothing_was_ever_run(made: World) -> None:
    with pytest.raises(UsageError) as caught:
        of_retry(PLAIN, made.store, "failed", "", NOTHING)
    assert caught.value.code == "usage/nothing-to-retry"


def test_hosts_of_a_run_in_the_queue_are_its_own(made: World) -> None:
    run = made.apply({**ANY, "until": time.time() + 86_400}, stay=False).run
    with pytest.raises(UsageError) as caught:
        of_retry(PLAIN, made.store, "waiting", "", NOTHING)
    assert caught.value.code == "usage/run-goes-on"
    # nobody has them, so nothing is said of locks, nor of waiting for a process that is not there
    assert "queue" in caught.value.message
    assert "locked" not in caught.value.why
    assert "smartfleet queue run" in caught.value.do
    assert of_retry(PLAIN, made.store, "failed", "", NOTHING).only == {"b"}
    # nobody tries them any more once its time is over
    made.store.set_settings(run, RunSettings(until=time.time() - 60))
    assert of_retry(PLAIN, made.store, "waiting", "", NOTHING).only == {"c", "d"}


@pytest.mark.parametrize("kind", ["failed", "unreachable", "waiting"])
def test_hosts_of_a_run_that_is_carried_out_are_its_own(made: World, kind: Kind) -> None:
    run = made.apply({**ANY, "until": time.time() + 86_400}, stay=False).run
    made.store.drive(run, Owner.mine())
    with pytest.raises(UsageError) as caught:
        of_retry(PLAIN, made.store, kind, run, NOTHING)
    assert caught.value.code == "usage/run-goes-on"
    assert "locked" in caught.value.why
    assert "smartfleet status" in caught.value.do
    assert "queue" not in str(caught.value)


def test_a_resume_keeps_the_settings_of_its_run_but_for_what_is_wished(made: World) -> None:
    done = made.apply({"campaign": {"waves": [2], "budget": {"failed": {"all": 0}}}})
    assert done.state == "stopped"
    intent = of_resume(made.store, done.run, Wishes({"budget": {"failed": {"all": "50%"}}}, 4e9, 60.0))
    assert (intent.resume, intent.settings.until, intent.settings.every) == (done.run, 4e9, 60.0)
    assert (intent.settings.campaign.waves, intent.settings.campaign.budget.failed.all) == ([2], "50%")
    assert "2 hosts of 4 left" in intent.question


def test_a_resume_cannot_divide_the_hosts_anew(made: World) -> None:
    run = made.apply(ANY).run
    with pytest.raises(UsageError) as caught:
        of_resume(made.store, run, Wishes({"canary": 1}, None, None))
    assert caught.value.code == "usage/waves-are-made"


@pytest.mark.parametrize("verb", ["", "audit"])
def test_only_a_run_of_apply_can_be_gone_on_with(made: World, verb: str) -> None:
    run = made.store.begin(verb, 1) if verb else "nosuch"
    with pytest.raises(UsageError) as caught:
        of_resume(made.store, run, NOTHING)
    assert caught.value.code == "usage/no-such-run"


def test_a_run_whose_plan_is_gone(made: World) -> None:
    run = made.store.begin("apply", 1, "0" * 64, settings=RunSettings())
    with pytest.raises(UsageError) as caught:
        of_resume(made.store, run, NOTHING)
    assert caught.value.code == "usage/no-such-plan"


@pytest.mark.parametrize(
    ("settings", "yes", "asks"),
    [
        ({"pause": "ask", "waves": [1]}, False, True),
        ({"pause": "ask", "canary": ["a"]}, False, True),
        ({"pause": "ask", "waves": [1]}, True, False),
        ({"pause": "ask"}, False, False),
        ({"pause": 60, "waves": [1]}, False, False),
    ],
)
def test_a_run_that_asks_is_not_begun_where_nobody_answers(
    made: World, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], *, yes: bool, asks: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    intent = of_plan(CampaignSettings.model_validate(settings), made.plan, NOTHING)
    if not asks:
        check_someone_is_there(intent, yes=yes)
        return
    with pytest.raises(UsageError) as caught:
        check_someone_is_there(intent, yes=yes)
    assert caught.value.code == "usage/no-terminal"


@pytest.mark.parametrize(
    ("name", "code", "kinds"),
    [
        ("failed", "out-of-space", {"failed"}),
        ("unknown", "died", {"failed"}),
        ("refused", "out-of-space", {"failed"}),
        ("refused", "host-locked", {"waiting"}),
        ("waiting-online", "offline", {"unreachable", "waiting"}),
        ("waiting-session", "no-session", {"waiting"}),
        ("moved", "", set()),
    ],
)
def test_kinds(name: str, code: str, kinds: set[str]) -> None:
    one = outcome(name).model_copy(update={"code": code})
    found: list[Kind] = ["failed", "unreachable", "waiting"]
    assert {kind for kind in found if is_of(one, kind)} == kinds
