"""One client for each configuration folder, also where two begin at once."""

from __future__ import annotations

import hashlib
import socket
import threading
from pathlib import Path

from smartfleet.lab.daemon.leftovers import running_clients
from smartfleet.lab.desktop.install import client_state
from smartfleet.lab.desktop.sockets import instance_socket, only_one


def test_a_client_that_ends_is_waited_for(tmp_path: Path) -> None:
    path, told = tmp_path / "state/one", []

    def second() -> None:
        with only_one(path) as alone:
            told.append(alone)

    with only_one(path) as alone:
        other = threading.Thread(target=second)
        other.start()
        other.join(0.2)
        assert (alone, told) == (True, [])
    other.join(60)
    assert told == [True]


def test_a_client_that_listens_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "one"
    with only_one(path), socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with only_one(path) as alone:
            assert not alone
        heard, _ = listener.accept()
        with heard:
            assert heard.recv(100) == b"show\n"


def test_its_socket_is_never_taken_for_the_note_of_a_client_that_is_gone(tmp_path: Path) -> None:
    """One in 1,800 digests has no letter; a client whose socket is gone can never be told to quit."""
    state, folder = client_state(tmp_path), "/home/eva/684"
    assert hashlib.sha256(folder.encode()).hexdigest()[:16].isdigit()
    state.mkdir(parents=True)
    (state / "999999999").touch()
    listens = instance_socket(state, Path(folder))
    listens.touch()
    assert running_clients(tmp_path) == []
    assert list(state.iterdir()) == [listens]
