"""The private folder of a run: modes, names, and text that Ansible must not take for a template."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from smartfleet import masters
from smartfleet.engines.orders import digest, write_orders
from smartfleet.engines.variables import vars_file
from smartfleet.engines.worker.workspace import Workspace


class _Marked(str):
    """What `!unsafe` makes of a string in these tests."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """Knows `!unsafe` as Ansible does."""


def _mark(loader: _Loader, node: yaml.ScalarNode) -> _Marked:
    return _Marked(loader.construct_scalar(node))


_Loader.add_constructor("!unsafe", _mark)


@example({"no": ""})
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,10}", fullmatch=True), st.text() | st.lists(st.text()) | st.integers()))
def test_every_string_is_marked_unsafe_and_comes_back(values: dict[str, object]) -> None:
    written = vars_file(values)
    read = yaml.load(written, Loader=_Loader) or {}  # noqa: S506 - the loader is a SafeLoader
    assert read == values
    for value in read.values():
        for text in value if isinstance(value, list) else [value]:
            assert isinstance(text, int | _Marked)


def test_a_secret_kind_of_variable_is_refused() -> None:
    with pytest.raises(TypeError):
        vars_file({"x": object()})


def test_a_workspace_is_private_and_goes_away(tmp_path: Path) -> None:
    workspace = Workspace.make(tmp_path)
    assert workspace.folder.stat().st_mode & 0o777 == 0o700
    workspace.write("x", "y")
    workspace.remove()
    workspace.remove()
    assert not workspace.folder.exists()


def test_a_master_that_hangs_keeps_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done on the hosts must not be lost over it either."""
    monkeypatch.setattr(masters, "_SECONDS", 0.05)
    workspace = Workspace.make(tmp_path)
    with socket.socket(socket.AF_UNIX) as master:
        master.bind(str(workspace.folder / "cp" / "master"))
        master.listen()
        workspace.remove()
    assert not workspace.folder.exists()


def test_host_names_are_no_file_names(tmp_path: Path) -> None:
    hosts = ["../../etc/passwd", "a b", "x\ny", "{{ 1 }}", "ü" * 300]
    write_orders(tmp_path / "orders", {host: {"run": "r"} for host in hosts})
    assert {path.name for path in (tmp_path / "orders").iterdir()} == {
        *(f"{digest(host)}.json" for host in hosts),
        "hosts.json",
        "hosts.txt",
    }
    assert json.loads((tmp_path / "orders" / "hosts.json").read_text()) == sorted(hosts)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "orders").iterdir())
