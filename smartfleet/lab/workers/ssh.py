"""Debian's own sshd for a worker, one process for each connection.

The lab holds the socket, so a port is never lost to another program, and no listener is left of a lab that was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import shutil
import socket
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

RUN = Path("/run/sshd")
"""Where sshd, started by root, gives up its rights; Debian makes it at boot."""
_CONFIG = """\
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin forced-commands-only
AuthenticationMethods publickey
AllowUsers {user}
PidFile none
PrintMotd no
"""


def program() -> str | None:
    """The sshd of this machine, if it can be run here: only root can let it become an account."""
    if os.geteuid() != 0:
        return None
    return shutil.which("sshd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


class Sshd:
    """Reads its host key and `authorized_keys` from `folder`, for each connection anew."""

    def __init__(self, program: str, folder: Path) -> None:
        self._command = [program, "-i", "-f", str(folder / "sshd_config"), "-E", str(folder / "sshd.log")]
        self._folder = folder
        self._socket = socket.socket()
        self._accepting: asyncio.Task[None] | None = None
        self._running: set[Process] = set()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def listen(self) -> None:
        await asyncio.to_thread(RUN.mkdir, mode=0o755, exist_ok=True)
        text = _CONFIG.format(folder=self._folder, user=getpass.getuser())
        (self._folder / "sshd_config").write_text(text, encoding="utf-8")
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._accepting = asyncio.create_task(self._accept())

    async def close(self) -> None:
        """Takes no further connection, and ends those that are there."""
        if self._accepting is not None:
            self._accepting.cancel()
        self._socket.close()
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in set(self._running):
            await process.wait()

    async def _accept(self) -> None:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(self._socket)
            with connection:
                connection.setblocking(True)  # noqa: FBT003 - the standard library's signature
                number = connection.fileno()
                process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=number, stdout=number, stderr=DEVNULL, start_new_session=True
                )
            self._running = {one for one in self._running if one.returncode is None} | {process}
