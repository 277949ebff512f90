"""The worker program, from the header to the last word."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
import time
from pathlib import Path

from smartfleet import __version__
from smartfleet.engines.collections import has_collection
from smartfleet.engines.orders import MSI
from smartfleet.engines.protocol import Ended
from smartfleet.engines.wire import beats
from smartfleet.engines.worker.checks import free_bytes, refusal
from smartfleet.engines.worker.incoming import Incoming, Silence
from smartfleet.engines.worker.place import Place
from smartfleet.engines.worker.request import Request, read_request
from smartfleet.engines.worker.shift import Shift
from smartfleet.engines.worker.voice import Voice

_PATIENCE = 180.0
"""Seconds for the controller's first line: on a busy machine that takes as long as to start this program."""
_AHEAD = 86_400.0
"""As long as a controller may take that has begun its worker ahead: it reads an inventory, asks thousands of ports."""


def main(fleet: Path | None = None) -> None:
    """Serves the controller at stdin and stdout, for one shard or one question. With `fleet`, whose hosts will soon be
    looked at, Ansible is imported there meanwhile, and lists the inventory as often as it is asked.
    """
    descriptor = _own_stdout()
    incoming, voice = Incoming(0), Voice(descriptor)
    ahead = Place.ahead(descriptor, fleet) if fleet else None
    request = _asked(incoming, voice, ahead, _PATIENCE if fleet is None else _AHEAD)
    refused = request if isinstance(request, Ended) else refusal(request)
    if ahead and (refused or isinstance(request, Ended) or not ahead.suits(request)):
        ahead.leave()
        ahead = None
    if refused is not None:
        voice.ended(refused)
    elif isinstance(request, Request):
        voice.hello(_about(request))
        if request.ask == "shard":
            voice.ended(_carry(request, incoming, voice, descriptor, ahead))


def _asked(incoming: Incoming, voice: Voice, ahead: Place | None, seconds: float) -> Request | Ended:
    """What is asked for beside inventories."""
    while True:
        try:
            request = read_request(incoming.line(seconds))
        except Silence:
            return read_request(b"")
        if isinstance(request, Ended) or request.ask != "inventory":
            return request
        voice.listing(ahead.list(request, incoming) if ahead else None)


def _carry(request: Request, incoming: Incoming, voice: Voice, descriptor: int, ahead: Place | None) -> Ended:
    with contextlib.ExitStack() as made:
        try:
            place = ahead or Place.make(descriptor, request.folder)
            made.callback(place.leave)
            place.workspace.fill(request.hosts, request.variables, given=request.given)
            shift = Shift(request, incoming, place.workspace)
            program = shift.start(place)
        except OSError as error:
            return _unready(error)
        # a fault from here on ends this process, and the watcher ends what it had begun
        made.pop_all()
    voice.beat_every(beats(request.silence))
    end = shift.carry(program, voice, place.watcher)
    place.leave()
    return end


def _unready(error: OSError) -> Ended:
    return Ended(
        "failed",
        begun=False,
        code="worker/not-ready",
        message=f"the worker cannot make ready for the shard: {error.strerror}",
        why="nothing was begun on its hosts",
        do=f"look there at inodes (df -i {tempfile.gettempdir()}), open files (ulimit -n), processes (ulimit -u)",
    )


def _own_stdout() -> int:
    """Nobody else may write between the lines: what is printed goes to stderr."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


def _about(request: Request) -> dict[str, object]:
    """A hello to a shard is short: the whole costs half a second."""
    if request.ask == "shard":
        return {"name": platform.node()}
    # half of what this program would import
    from importlib import metadata  # noqa: PLC0415

    return {
        "name": platform.node(),
        "smartfleet": __version__,
        "ansible_core": metadata.version("ansible-core"),
        "ansible_runner": metadata.version("ansible-runner"),
        "python": platform.python_version(),
        "collections": [name for name in (MSI,) if has_collection(name, Path.home())],
        "free_bytes": free_bytes(),
        # last, for it is compared with the moment in which this is heard
        "ahead": time.time() - request.now,
    }
