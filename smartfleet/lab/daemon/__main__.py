"""``python -m smartfleet.lab.daemon FOLDER --tied | --detached``: runs a lab until SIGTERM.

With `--tied` it also ends when its standard input closes, that is, when the program that started it is gone. With
`--detached` the command returns when the lab is up.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import time
from pathlib import Path

from aiohttp import web

from smartfleet.errors import LabError
from smartfleet.lab.daemon.control import control_app
from smartfleet.lab.daemon.world import World
from smartfleet.lab.layout import LabState, Layout, process_mark
from smartfleet.lab.server.running import SHUTDOWN_SECONDS


async def run(layout: Layout, *, tied: bool) -> None:
    """Opens the lab, writes its note, and closes everything when told to."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)

    def orphaned() -> None:
        loop.remove_reader(sys.stdin.fileno())
        done.set()

    if tied:
        loop.add_reader(sys.stdin.fileno(), orphaned)
    world = World(layout)
    token = secrets.token_urlsafe(32)
    control = web.AppRunner(control_app(world, token), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    try:
        urls = await world.open()
        await control.setup()
        await web.TCPSite(control, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{control.addresses[0][1]}"
        LabState(os.getpid(), process_mark(os.getpid()), address, token, **urls).write(layout.state)
        await done.wait()
    finally:
        await control.cleanup()
        await world.close()
        layout.remove_linked_hosts()
        layout.state.unlink(missing_ok=True)


def detach(layout: Layout) -> None:
    """Goes on in a child of nobody; the caller's process waits until the lab is up and then ends."""
    child = os.fork()
    if child == 0:
        return
    while not layout.state.exists():
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            os._exit(os.waitstatus_to_exitcode(status) or 1)
        time.sleep(0.02)
    os._exit(0)


def main() -> int:
    layout = Layout(Path(sys.argv[1]).resolve())
    if "--detached" in sys.argv[2:]:
        detach(layout)
    try:
        asyncio.run(run(layout, tied="--tied" in sys.argv[2:]))
    except (LabError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
