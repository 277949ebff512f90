"""A running lab as tests, scenarios and commands see it."""

from __future__ import annotations

import base64
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from smartfleet.errors import LabError
from smartfleet.lab.host import LabHost
from smartfleet.lab.layout import LabState, Layout
from smartfleet.lab.server.log import Request, read_log
from smartfleet.lab.windows.host import WindowsConnection, WindowsLabHost
from smartfleet.lab.workers.workers import Workers
from smartfleet.processes import end_tree

CALL_SECONDS = 60.0


class Lab:
    """The lab in `layout.folder`. Servers are named ``cloud`` (with the old and the new name) and ``other``."""

    def __init__(self, layout: Layout, state: LabState, daemon: subprocess.Popen[bytes] | None) -> None:
        self.layout = layout
        self.state = state
        self._daemon = daemon

    @property
    def old_url(self) -> str:
        return self.state.old_url

    @property
    def new_url(self) -> str:
        return self.state.new_url

    @property
    def other_url(self) -> str:
        return self.state.other_url

    def call(self, operation: str, **arguments: object) -> Any:  # noqa: ANN401 - each operation has its own result
        """One operation of `smartfleet.lab.daemon.world.World`; LabError if it fails or the lab is gone."""
        request = urllib.request.Request(  # noqa: S310 - http on loopback
            f"{self.state.control}/{operation}",
            json.dumps(arguments).encode(),
            {"Content-Type": "application/json", "X-Lab-Token": self.state.token},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=CALL_SECONDS) as response:
                return json.load(response)["result"]
        except urllib.error.HTTPError as error:
            problem = _problem(error)
            raise LabError(problem["code"], problem["message"]) from None
        except OSError as error:
            raise LabError("lab/gone", f"the lab does not answer: {error}", do=f"see {self.layout.log}") from error

    def add_host(self, name: str, *, listening: bool = True, version: str = "3.7.3", qt: int = 5) -> LabHost:
        port = self.call("add_host", name=name, listening=listening, version=version, qt=qt)
        return LabHost(self, name, port)

    def add_windows_host(
        self,
        name: str,
        *,
        listening: bool = True,
        version: str = "3.16.7",
        qt: int = 6,
        expired: bool = False,
        connection: WindowsConnection = "winrm",
    ) -> WindowsLabHost:
        """`expired`: the certificate of its https listener; an empty `version`: no client is installed."""
        port = self.call("add_windows_host", name=name, listening=listening, version=version, qt=qt, expired=expired)
        return WindowsLabHost(self, name, port, connection)

    def add_workers(self, count: int) -> Workers:
        """That many machines that can work for a controller; once for a lab."""
        return Workers(**self.call("add_workers", count=count))

    def power_off_worker(self, name: str) -> bool:
        """Ends all that runs on a worker with SIGKILL, as a machine that loses its power; whether anything did."""
        return bool(self.call("power_off_worker", name=name))

    def offer_msi(self, version: str, *, qt: int = 6) -> tuple[str, str]:
        """URL and SHA-256 of a stand-in for the client's MSI."""
        offered = self.call("offer_msi", version=version, qt=qt)
        return f"{self.state.downloads_url}/{offered['name']}", offered["sha256"]

    def add_account(self, uid: str, *, server: str = "cloud", login: str = "", display_name: str = "") -> str:
        """A user on a server, and a new app password of his."""
        return str(self.call("add_account", server=server, uid=uid, login=login, display_name=display_name))

    def put(
        self, uid: str, path: str, content: bytes, *, server: str = "cloud", mtime: int, checksum: bool = True
    ) -> None:
        """Writes a file on a server as another device would."""
        data = base64.b64encode(content).decode()
        self.call("put", server=server, uid=uid, path=path, content=data, mtime=mtime, checksum=checksum)

    def put_all(
        self, uid: str, files: Mapping[str, bytes], *, server: str = "cloud", mtime: int = 1_700_000_000
    ) -> None:
        """Many files; every second one has a checksum on the server, as if a desktop client had uploaded it."""
        for number, (path, content) in enumerate(files.items()):
            self.put(uid, path, content, server=server, mtime=mtime + number, checksum=number % 2 == 0)

    def files(self, uid: str, *, server: str = "cloud") -> dict[str, str]:
        """Path to SHA-1 of everything that the user has on the server."""
        found: dict[str, str] = self.call("files", server=server, uid=uid)
        return found

    def requests(self, *, server: str = "cloud", since: float = 0.0) -> list[Request]:
        """The access log of a server."""
        return read_log(self.layout.access_log(server), since=since)

    def stop(self) -> None:
        """Ends a lab that `start` of this process began."""
        if self._daemon is None:
            raise LabError("lab/not-ours", "this lab was started by another process", do="smartfleet lab down")
        if self._daemon.stdin is not None:
            self._daemon.stdin.close()
        try:
            self._daemon.wait(timeout=CALL_SECONDS)
        except subprocess.TimeoutExpired:
            # what it began has sessions of its own, and would outlive it
            end_tree(self._daemon.pid)
            self._daemon.wait()


def _problem(error: urllib.error.HTTPError) -> dict[str, str]:
    """What the control connection says went wrong; an unexpected failure of the daemon has no JSON."""
    try:
        problem: dict[str, str] = json.load(error)
    except ValueError:
        return {"code": "lab/failed", "message": f"the lab answered {error.code}; see its daemon.log"}
    return problem
