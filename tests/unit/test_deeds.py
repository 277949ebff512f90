"""What is to be done on several hosts, in one line: their names stand in commands alone, wherever in a sentence."""

from __future__ import annotations

import pytest

from smartfleet.report.deeds import of_all, of_any

ASK = "Ask the user. If not, smartfleet show {} tells the rest."
TWICE = "smartfleet audit --limit {0} && smartfleet verify --limit {0}"
THEN = "Have the user delete them, then smartfleet verify --limit {}"


@pytest.mark.parametrize(
    ("do", "host", "told"),
    [
        ("smartfleet show pc-1", "pc-1", "smartfleet show HOST"),
        ("call the desk about pc-1", "pc-1", "call the desk about HOST"),
        (ASK.format("pc-1"), "pc-1", ASK.format("HOST")),
        (ASK.format("tells"), "tells", ASK.format("HOST")),
        (ASK.format("the"), "the", ASK.format("HOST")),
        (ASK.format("'pc 1'"), "pc 1", ASK.format("HOST")),
        (ASK.format("pc-10"), "pc-1", ASK.format("pc-10")),
        (TWICE.format("pc-1"), "pc-1", TWICE.format("HOST")),
        ("smartfleet show pc-1.", "pc-1", "smartfleet show HOST."),
        ("smartfleet outbox send", "pc-1", "smartfleet outbox send"),
    ],
)
def test_a_command_is_the_same_for_any_host(do: str, host: str, told: str) -> None:
    assert of_any(do, host) == told


@pytest.mark.parametrize(
    ("do", "hosts", "told"),
    [
        (ASK, ["pc-1"], ASK.format("pc-1")),
        (ASK, ["pc-1", "pc-2"], ASK.format("HOST")),
        (TWICE, ["pc-1", "pc-2"], TWICE.format("pc-1,pc-2")),
        (TWICE, ["pc-1", "pc 2"], TWICE.format("'pc-1,pc 2'")),
        (TWICE, [f"pc-{number}" for number in range(11)], "smartfleet audit && smartfleet verify"),
        (THEN, ["pc-1", "pc-2", "pc-1"], THEN.format("pc-1,pc-2")),
    ],
)
def test_all_of_the_hosts_or_each(do: str, hosts: list[str], told: str) -> None:
    assert of_all(do.format("HOST"), do.format(hosts[0]), hosts) == told
