"""Whatever lies in a user's `nextcloud.cfg`: a plan is made, and what it moves is only what it says."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from smartfleet.model.plan import ProfilePlan
from smartfleet.nextcloud import accounts, qsettings
from smartfleet.plan import make_plan
from smartfleet.text import visible
from tests.unit.builders import (
    INSTANCE,
    NEW,
    OLD,
    TIME,
    Case,
    config_file,
    config_text,
    fleet_config,
    host_facts,
    profile,
)

PLAIN = config_text([{}, {"url": "https://cloud.friends.example", "folders": [{"local_path": "/home/eva/F/"}]}])
URLS = st.sampled_from(
    [OLD, f"{OLD}/", "HTTPS://OLD.example.org:443", "https://old.example.org.evil.example", NEW, "x"]
)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=12)


def planned(data: bytes) -> ProfilePlan:
    plain = profile({"text": PLAIN})
    seen = plain.model_copy(update={"config": config_file(data)})
    facts = {"pc": (TIME, host_facts(seen))}
    return make_plan(facts, fleet_config(), created=TIME, instance_id=INSTANCE).hosts[0].profiles[0]


def shown(plan: ProfilePlan) -> list[str]:
    reasons = [*([plan.reason] if plan.reason else []), *plan.warnings]
    return [*plan.steps, *plan.diff.split("\n"), *(one.message for one in reasons)]


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    plan = planned(data)
    assert plan.action in {"none", "refuse"}
    assert plan.reason is not None
    assert all(line == visible(line) for line in shown(plan))


@given(st.integers(min_value=0, max_value=len(PLAIN)), st.binary(max_size=10))
def test_a_damaged_file(at: int, damage: bytes) -> None:
    data = PLAIN.encode()[:at] + damage + PLAIN.encode()[at + len(damage) :]
    plan = planned(data)
    assert all(line == visible(line) for line in shown(plan))
    if plan.move is None:
        assert plan.reason is not None
        return
    _only_old_accounts_are_moved(data, base64.b64decode(plan.move.new_config))


@given(URLS, URLS, NAMES)
def test_urls_and_names(first: str, second: str, name: str) -> None:
    display = qsettings.encode_string(name, 6).decode("utf-8")
    spec: list[Case] = [
        {"url": first, "values": {"displayName": display}},
        {"url": second, "user": "team", "folders": []},
    ]
    data = config_text(spec).encode("utf-8")
    plan = planned(data)
    assert all(line == visible(line) for line in shown(plan))
    if plan.move:
        assert all(one.old_url in {OLD, f"{OLD}/", "HTTPS://OLD.example.org:443"} for one in plan.move.accounts)
        _only_old_accounts_are_moved(data, base64.b64decode(plan.move.new_config))


def test_a_file_of_many_folders_makes_no_large_plan() -> None:
    folders = "".join(f"0\\Folders\\x{number}\\localPath=a\n" for number in range(5000))
    plan = planned((PLAIN + folders).encode())
    assert plan.reason is not None
    assert plan.reason.code == "folder-unseen"
    assert len(plan.model_dump_json()) < 5000


def _only_old_accounts_are_moved(before: bytes, after: bytes) -> None:
    old = {one.number: one for one in accounts.read_accounts(qsettings.parse(before), 6)}
    new = {one.number: one for one in accounts.read_accounts(qsettings.parse(after), 6)}
    assert set(old) == set(new)
    for number, one in old.items():
        if one.url.lower().startswith(OLD) and "evil" not in one.url:
            assert new[number].url == NEW
        else:
            assert new[number] == one
