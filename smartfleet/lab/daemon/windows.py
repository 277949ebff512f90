"""The lab's Windows machines: their WinRM endpoints, the authority that signed their certificates, their installers."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from smartfleet.errors import LabError
from smartfleet.lab.absent import Absence
from smartfleet.lab.layout import ADMIN, Layout
from smartfleet.lab.server.running import SHUTDOWN_SECONDS
from smartfleet.lab.windows import clients, msi
from smartfleet.lab.windows.build import make_machine
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.products import new_product_code
from smartfleet.lab.winrm.ca import LabCa
from smartfleet.lab.winrm.endpoint import Endpoint, serve
from smartfleet.lab.winrm.faults import DropDuring
from smartfleet.lab.winrm.settings import Service
from smartfleet.lab.winrm.workers import Workers

ADDRESS = "127.0.0.1"
WAYS = Service(basic=True, negotiate=True)


class WindowsHosts:
    """The public coroutines are operations of the control connection; their arguments and results are JSON."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._workers = Workers()
        self._endpoints: dict[str, Endpoint] = {}
        self._ca: LabCa | None = None
        self._downloads: web.AppRunner | None = None

    async def open(self) -> str:
        """Makes the authority and the administrator's password, offers installers; the URL where those are."""
        self._ca = LabCa(self._layout.keys)
        self._layout.windows_password.touch(mode=0o600)
        self._layout.windows_password.write_text(secrets.token_urlsafe(18), encoding="ascii")
        self._layout.downloads.mkdir(exist_ok=True)
        app = web.Application()
        app.router.add_static("/", self._layout.downloads)
        self._downloads = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._downloads.setup()
        await web.TCPSite(self._downloads, ADDRESS, 0).start()
        return f"http://{ADDRESS}:{self._downloads.addresses[0][1]}"

    async def close(self) -> None:
        for endpoint in self._endpoints.values():
            await endpoint.close()
        await self._workers.close()
        # side by side: each may take its time to go
        await asyncio.gather(*(asyncio.to_thread(clients.end, self._machine(name)) for name in self._endpoints))
        if self._downloads is not None:
            await self._downloads.cleanup()

    async def add_windows_host(
        self, name: str, *, listening: bool = True, version: str = "3.16.7", qt: int = 6, expired: bool = False
    ) -> int:
        """A machine with an administrator and the desktop client (none if `version` is empty); its https port."""
        folder = self._layout.root(name)
        if folder.exists():
            raise LabError("lab/host-exists", f"there is a host {name} already")
        password = self._layout.windows_password.read_text(encoding="ascii")
        machine = await asyncio.to_thread(make_machine, folder, admin=ADMIN, password=password, version=version, qt=qt)
        tls = self._authority.tls(self._authority.server(name, [ADDRESS, "localhost", name], expired=expired))
        endpoint = await serve(machine, ADDRESS, 0, tls, workers=self._workers, service=WAYS)
        self._endpoints[name] = endpoint
        if not listening:
            await endpoint.stop_listening()
        return endpoint.port

    async def remove_windows_host(self, name: str) -> None:
        """Ends a machine and removes its files."""
        await self._endpoints.pop(name).close()
        await asyncio.to_thread(clients.end, self._machine(name))
        await asyncio.to_thread(shutil.rmtree, self._layout.root(name), ignore_errors=True)

    async def set_windows_listening(self, name: str, *, on: bool, absence: Absence = "refuses") -> None:
        """Switches a machine on or off for WinRM."""
        endpoint = self._endpoints[name]
        await (endpoint.listen() if on else endpoint.stop_listening(absence))

    async def set_winrm_faults(self, name: str, faults: Mapping[str, Any]) -> None:
        """Fields of `smartfleet.lab.winrm.faults.Faults`; ``drop_during`` as an object of its fields."""
        known = self._endpoints[name].faults
        for field, value in faults.items():
            if not hasattr(known, field):
                raise LabError("lab/fault", f"WinRM has no fault {field}")
            setattr(known, field, DropDuring(**value) if field == "drop_during" and value else value)

    async def winrm_traffic(self, name: str, *, reset: bool = False) -> dict[str, Any]:
        """What went over the wire of a machine since it began, or since the last reset."""
        counters = self._endpoints[name].counters
        found = counters.as_json()
        if reset:
            counters.reset()
        return found

    async def offer_msi(self, version: str, qt: int = 6) -> dict[str, str]:
        """An installer on the lab's server: its path below the download URL, and its SHA-256."""
        data = msi.write(msi.Package(version, qt, new_product_code()))
        path = self._layout.downloads / f"Nextcloud-{version}-x64.msi"
        await asyncio.to_thread(path.write_bytes, data)
        return {"name": path.name, "sha256": hashlib.sha256(data).hexdigest()}

    @property
    def _authority(self) -> LabCa:
        if self._ca is None:
            raise LabError("lab/not-open", "the lab has no authority yet")
        return self._ca

    def _machine(self, name: str) -> WindowsMachine:
        return WindowsMachine(Path(self._layout.root(name)))
