"""What a cluster must be before it gets an order, point by point."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartfleet import __version__
from smartfleet.engines.dask.profile import (
    SchedulerState,
    WorkerState,
    check_scheduler,
    check_site,
    check_worker,
    site_resource,
)
from smartfleet.errors import EngineError

DASK = "2026.8.0"
SCHEDULER = SchedulerState(
    version=__version__,
    dask=DASK,
    allowed_failures=0,
    stealing=False,
    encrypted=True,
    debug=False,
    pages=("distributed.http.health",),
)
WORKER = WorkerState(
    name="w1",
    address="tls://127.0.0.1:1",
    version=__version__,
    dask=DASK,
    threads=1,
    nanny=False,
    lifetime=False,
    encrypted=True,
    debug=False,
    sites=("site", "site-north"),
)


def test_the_strict_profile_is_accepted() -> None:
    check_scheduler(SCHEDULER, own_dask=DASK, pages=False)
    check_worker(WORKER, own_dask=DASK)


@pytest.mark.parametrize(
    ("breach", "code"),
    [
        ({"allowed_failures": 3}, "engine/dask-failures"),
        ({"stealing": True}, "engine/dask-stealing"),
        ({"encrypted": False}, "engine/dask-encryption"),
        ({"debug": True}, "engine/dask-debug"),
        ({"pages": ("distributed.http.scheduler.info",)}, "engine/dask-dashboard"),
        ({"dask": "2025.1.0"}, "engine/dask-version"),
        ({"version": "0.0.1"}, "worker/version"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_scheduler_that_is_otherwise_is_refused_with_the_remedy(breach: dict[str, object], code: str) -> None:
    with pytest.raises(EngineError) as caught:
        check_scheduler(replace(SCHEDULER, **breach), own_dask=DASK, pages=False)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert caught.value.why
    assert "dask.yml" in caught.value.do or "pip install" in caught.value.do


@pytest.mark.parametrize(
    ("breach", "code"),
    [
        ({"threads": 2}, "engine/dask-threads"),
        ({"nanny": True}, "engine/dask-nanny"),
        ({"lifetime": True}, "engine/dask-lifetime"),
        ({"encrypted": False}, "engine/dask-encryption"),
        ({"debug": True}, "engine/dask-debug"),
        ({"dask": "2025.1.0"}, "engine/dask-version"),
        ({"version": "0.0.1"}, "worker/version"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_worker_that_is_otherwise_is_refused_by_its_name(breach: dict[str, object], code: str) -> None:
    with pytest.raises(EngineError, match="w1") as caught:
        check_worker(replace(WORKER, **breach), own_dask=DASK)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert caught.value.do


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(EngineError) as caught:
        check_worker(replace(WORKER, threads=2, nanny=True), own_dask=DASK)
    assert "2 shards at once" in caught.value.message
    assert "nanny" in caught.value.message
    assert "--nthreads 1" in caught.value.do
    assert "--no-nanny" in caught.value.do


def test_a_dashboard_may_be_asked_for() -> None:
    check_scheduler(replace(SCHEDULER, pages=("BokehTornado",)), own_dask=DASK, pages=True)


def test_a_hostile_name_reaches_no_terminal() -> None:
    with pytest.raises(EngineError) as caught:
        check_worker(replace(WORKER, name="w\x1b[2J", threads=2), own_dask=DASK)
    assert "\x1b" not in str(caught.value)


def test_a_site_needs_a_worker_that_offers_it() -> None:
    workers = {"w1": ("site", "site-north"), "w2": ("site",)}
    check_site("north", workers)
    check_site("", workers)
    with pytest.raises(EngineError, match="south") as caught:
        check_site("south", workers)
    assert caught.value.code == "engine/no-worker"
    assert "site-south: 1" in caught.value.do
    with pytest.raises(EngineError, match="hosts without a site"):
        check_site("", {"w1": ("site-north",)})


def test_a_site_cannot_pass_for_hosts_without_one() -> None:
    assert site_resource("") != site_resource("x")
    assert site_resource("") not in {site_resource(name) for name in ("", "site", "-")} - {site_resource("")}
