"""Ports that are asked before Ansible is: open, refused, silent, unknown names, and how many are open at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from smartfleet.campaign import reach
from smartfleet.campaign.endpoints import Endpoint
from smartfleet.campaign.reach import Limits, Sweep, sweep

QUICK = Limits(seconds=0.5, sockets=100)


@pytest.fixture
def opened() -> Iterator[Endpoint]:
    with socket.create_server(("127.0.0.1", 0), backlog=256) as server:
        yield Endpoint("127.0.0.1", server.getsockname()[1])


@pytest.fixture
def refused() -> Iterator[Endpoint]:
    """Taken, so that nobody else gets it, and not listening."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        yield Endpoint("127.0.0.1", taken.getsockname()[1])


@pytest.fixture
def silent() -> Iterator[Endpoint]:
    """A queue of connections that is full: the kernel drops what comes, as a firewall does."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.settimeout(0)
            waiting.connect_ex(server.getsockname())
        time.sleep(0.1)
        yield Endpoint("127.0.0.1", server.getsockname()[1])


def test_every_host_is_sorted(opened: Endpoint, refused: Endpoint, silent: Endpoint) -> None:
    hosts = {"on": opened, "off": refused, "mute": silent, "jump": None, "name": Endpoint("no-such.invalid", 22)}
    assert sweep(hosts, QUICK) == Sweep(
        online=("on",),
        offline={
            "off": f"127.0.0.1 port {refused.port} refused the connection",
            "mute": f"127.0.0.1 port {silent.port} did not answer within 0.5 s",
        },
        untried=("jump", "name"),
    )


def test_nothing_to_ask_is_no_error() -> None:
    assert sweep({}, QUICK) == Sweep((), {}, ())
    assert sweep({"a": None}, QUICK) == Sweep((), {}, ("a",))


def test_a_name_is_looked_up_and_each_of_its_addresses_asked(opened: Endpoint) -> None:
    assert sweep({"a": Endpoint("localhost", opened.port)}, QUICK).online == ("a",)


def test_a_port_that_several_hosts_share_is_asked_once(opened: Endpoint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        shared = Endpoint("127.0.0.1", server.getsockname()[1])
        assert sweep({"a": shared, "b": shared, "c": opened}, QUICK).online == ("a", "b", "c")
        server.accept()[0].close()
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.fixture
def most_at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many ports were asked at the same time at most, since the last call."""
    connect, now, seen = reach._connect, [0], [0]

    async def counted(*arguments: Any) -> reach.Found:
        now[0] += 1
        seen.append(now[0])
        try:
            return await connect(*arguments)
        finally:
            now[0] -= 1

    def most() -> int:
        found = max(seen)
        seen.clear()
        return found

    monkeypatch.setattr(reach, "_connect", counted)
    return most


def test_silent_ports_wait_side_by_side_but_never_more_than_allowed(
    silent: Endpoint, most_at_once: Callable[[], int]
) -> None:
    hosts: dict[str, Endpoint | None] = {
        f"pc-{number}": Endpoint(f"127.0.0.{number}", silent.port) for number in range(2, 8)
    }
    with ExitStack() as stack:
        for endpoint in hosts.values():
            assert endpoint is not None
            server = stack.enter_context(socket.create_server(endpoint, backlog=0))
            for _ in range(4):
                waiting = stack.enter_context(closing(socket.socket()))
                waiting.settimeout(0)
                waiting.connect_ex(server.getsockname())
        time.sleep(0.1)
        assert (len(sweep(hosts, QUICK).offline), most_at_once()) == (6, 6)
        assert (len(sweep(hosts, Limits(seconds=0.5, sockets=2)).offline), most_at_once()) == (6, 2)


def test_a_caller_that_wants_no_more_ends_it(silent: Endpoint) -> None:
    hosts: dict[str, Endpoint | None] = {str(port): Endpoint("127.0.0.1", port) for port in range(1, 50)}
    hosts = {"mute": silent, **hosts}
    found = sweep(hosts, Limits(seconds=0.5, sockets=1), lambda: False)
    assert "mute" in found.offline
    assert len(found.untried) == 49


@pytest.mark.parametrize("name", ["", "a" * 300, "..", "b\udc80d", "[::1", "%", "host name", "\x1b[31m"])
def test_what_is_no_address_is_left_to_ansible(name: str) -> None:
    assert sweep({"a": Endpoint(name, 22)}, QUICK).untried == ("a",)


def test_an_address_of_six_parts_and_its_scope_are_understood(opened: Endpoint) -> None:
    with socket.create_server(("::1", opened.port), family=socket.AF_INET6):
        assert sweep({"a": Endpoint("::1", opened.port)}, QUICK).online == ("a",)
