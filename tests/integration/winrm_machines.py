"""A tiny machine and endpoints in a thread of their own, for the tests of the wire."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from smartfleet.lab.winrm.endpoint import Endpoint, serve
from smartfleet.lab.winrm.machine import ModuleCall, NotEmulated, Output, ScriptCall
from smartfleet.lab.winrm.settings import Service
from smartfleet.lab.winrm.workers import Workers

T = TypeVar("T")
USER = "admin"
PASSWORD = "Secret 1ü"


@dataclass(frozen=True)
class TinyMachine:
    """Knows win_ping, setup and a module that takes its time; its files lie in `folder`."""

    name: str
    folder: Path
    admin: bool = True

    def password(self, user: str) -> str | None:
        return PASSWORD if user.rpartition("\\")[2].lower() == USER else None

    def certificate_user(self, principal: str) -> str | None:
        return USER if principal == f"{USER}@localhost" else None

    def is_admin(self, user: str) -> bool:
        return self.admin and bool(user)

    def home(self, user: str) -> str:
        return rf"C:\Users\{user}"

    def local_path(self, path: str, user: str) -> Path:
        expanded = path.replace("%TEMP%", rf"{self.home(user)}\AppData\Local\Temp")
        return self.folder.joinpath(*expanded.replace("\\", "/").split("/")[1:])

    def run_module(self, call: ModuleCall) -> dict[str, Any]:
        match call.name:
            case "ansible.windows.win_ping":
                return self._ping(call)
            case "ansible.windows.setup":
                return {
                    "changed": False,
                    "ansible_facts": {"ansible_os_family": "Windows", "ansible_hostname": self.name},
                }
            case "ansible.windows.win_wait_for":
                return self._wait(call)
        raise NotEmulated(f"the module {call.name}")

    def run_script(self, call: ScriptCall) -> Output:
        match call.text.strip():
            case "hostname":
                return Output(f"{self.name.upper()}\r\n")
            case "throw 'no'":
                return Output(err="no\nat line 1 & <more>", status=1)
            case "Start-Sleep 60":
                time.sleep(60)
                return Output()
            case text if text.startswith("'x' * "):
                return Output("x" * int(text.removeprefix("'x' * ")))
        raise NotEmulated("this script")

    def _ping(self, call: ModuleCall) -> dict[str, Any]:
        data = call.arguments.get("data", "pong")
        if data == "crash":
            raise RuntimeError("boom")
        return {"changed": False, "ping": data, "check": call.check_mode, "become": call.caller.become}

    def _wait(self, call: ModuleCall) -> dict[str, Any]:
        """Leaves a file after its time, so that a test sees whether the work went on."""
        time.sleep(float(call.arguments["timeout"]))
        (self.folder / "waited").write_text("done")
        return {"changed": False, "elapsed": call.arguments["timeout"]}


class Network:
    """``with Network() as network: endpoint = network.serve(machine)``; everything ends with the block."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="winrm-endpoints", daemon=True)
        self._endpoints: list[Endpoint] = []
        self._workers: Workers | None = None

    def serve(
        self, machine: TinyMachine, *, tls: ssl.SSLContext | None = None, service: Service | None = None
    ) -> Endpoint:
        async def start() -> Endpoint:
            self._workers = self._workers or Workers()
            return await serve(machine, "127.0.0.1", 0, tls, workers=self._workers, service=service)

        endpoint = self.run(start())
        self._endpoints.append(endpoint)
        return endpoint

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=600)

    def call(self, function: Callable[[], T]) -> T:
        async def run() -> T:
            return function()

        return self.run(run())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for endpoint in self._endpoints:
            self.run(endpoint.close())
        if self._workers is not None:
            self.run(self._workers.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=600)
        self._loop.close()
