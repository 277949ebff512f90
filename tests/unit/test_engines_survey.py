"""`smartfleet engines`: which engine works where, and what its workers say of themselves."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from smartfleet.engines import wire
from smartfleet.engines.asking import ask
from smartfleet.engines.choose import Engines
from smartfleet.engines.protocol import Ended
from smartfleet.engines.survey import survey
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import EngineSettings
from smartfleet.lab.workers.losing import is_moving
from smartfleet.report import terminal

SETTINGS = EngineSettings.model_validate(
    {
        "default": "branches",
        "sites": {"berlin": "cluster"},
        "ssh": {"branches": {"workers": [{"destination": "w1"}, {"destination": "w2"}]}},
        "dask": {
            "cluster": {
                "scheduler": "tls://s:8786",
                "ca_file": "ca",
                "certificate_file": "c",
                "key_file": "k",
                "shards": 7,
            }
        },
    }
)
WELL: Mapping[str, object] = {
    "name": "pc\x1b[31m",
    "smartfleet": "0.1.0",
    "ansible_core": "2.19.1",
    "python": "3.12.1",
    "collections": ["ansible.windows"],
    "free_bytes": 5_000_000_000,
    "ahead": -1.25,
}
ODD: Mapping[str, object] = {"name": 7, "collections": "none", "free_bytes": "much", "ahead": float("nan")}


class Said:
    """An engine whose check answers as it is told."""

    def __init__(self, told: Mapping[str, object] | EngineError) -> None:
        self._told = told
        self.closed = False

    def check(self) -> Mapping[str, object]:
        if isinstance(self._told, EngineError):
            raise self._told
        return self._told

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    told: dict[str, Said] = {
        "local": Said({"here": WELL}),
        "branches": Said(
            {"w1": ODD, "w2": EngineError("worker/version", "worker w2: it is old", why="old", do="mend it")}
        ),
        "cluster": Said(EngineError("engine/no-scheduler", "nobody is there", why="it is off", do="start it")),
    }
    monkeypatch.setattr(Engines, "_make", lambda _self, name: told[name])
    return Engines(SETTINGS, Path())


def test_every_engine_and_worker_is_told(engines: Engines) -> None:
    local, branches, cluster = survey(SETTINGS, engines).engines
    assert (local.state, local.kind, local.default, local.sites) == ("ok", "local", False, [])
    assert local.workers[0].free_bytes == 5_000_000_000
    assert (branches.state, branches.code, branches.default) == ("failed", "engine/workers", True)
    assert [one.state for one in branches.workers] == ["ok", "failed"]
    assert branches.workers[0].name == ""
    assert branches.workers[0].ahead is None
    assert branches.workers[1].do == "mend it"
    assert (cluster.state, cluster.code, cluster.sites) == ("failed", "engine/no-scheduler", ["berlin"])


def test_people_read_what_mends_it_and_no_escapes(engines: Engines) -> None:
    document = survey(SETTINGS, engines)
    console = Console(width=160, force_terminal=False, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(terminal.engines(document))
    shown = capture.get()
    for word in ("berlin", "all hosts that no other engine has", "worker/version", "mend it", "start it", "-1.2 s"):
        assert word in shown
    assert "w2: it is old (old)" in shown
    assert "worker w2" not in shown
    assert "\x1b" not in shown
    json.loads(document.model_dump_json())


def test_engines_are_made_once_and_let_go_of(engines: Engines) -> None:
    with engines:
        made = engines.engine("cluster")
        assert engines.engine("cluster") is made
    assert isinstance(made, Said)
    assert made.closed


def test_sites_have_engines_and_shards() -> None:
    engines = Engines(SETTINGS, Path())
    assert [engines.name(site) for site in ("berlin", "bonn", "")] == ["cluster", "branches", "branches"]
    assert [engines.buckets(site) for site in ("berlin", "bonn")] == [7, 2]
    assert Engines(EngineSettings(), Path()).buckets("bonn") == 1


def test_an_engine_has_the_sites_that_are_named_as_its_own() -> None:
    assert [SETTINGS.sites_of(name) for name in SETTINGS.names] == [[], [], ["berlin"]]


def test_without_dask_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("smartfleet.engines.dask")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineError, match="without Dask") as caught:
        Engines(SETTINGS, Path()).engine("cluster")
    assert caught.value.code == "engine/dask-missing"


@pytest.mark.parametrize(
    ("states", "moving"), [([], False), (["open"], True), (["open", "done"], False), (["open", "undone", "open"], True)]
)
def test_a_machine_in_the_middle_of_a_move_is_known(tmp_path: Path, *, states: list[str], moving: bool) -> None:
    marks = tmp_path / "var/lib/smartfleet/runs/r/p/marks.jsonl"
    marks.parent.mkdir(parents=True)
    lines = [json.dumps({"step": "transaction", "state": state, "time": 1.0}) for state in states]
    marks.write_text("".join(f"{line}\n" for line in lines) + '{"step": "transac')
    assert is_moving(tmp_path) is moving


class Starting:
    """A link to a worker that takes three seconds to start, and whose clock goes right."""

    worker = "w1"

    def __init__(self, clock: list[float]) -> None:
        self._clock = clock
        self._asked = 0.0

    def write(self, data: bytes) -> None:
        self._asked = json.loads(data)["now"]

    def read_line(self, seconds: float) -> bytes:
        assert seconds > 0
        self._clock[0] += 3.0
        return wire.hello({"name": "w1", "ahead": self._clock[0] - self._asked})

    def why(self) -> Ended:
        raise NotImplementedError

    def close(self) -> None:
        pass


def test_the_time_that_a_worker_takes_to_start_is_no_difference_of_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    stopped = SimpleNamespace(time=lambda: clock[0], monotonic=lambda: clock[0])
    monkeypatch.setattr("smartfleet.engines.asking.time", stopped)
    assert ask(lambda: Starting(clock))["ahead"] == 0.0
