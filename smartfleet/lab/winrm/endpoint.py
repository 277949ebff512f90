"""An endpoint that listens: connections, signing in, encryption, and the operations behind them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from http import HTTPStatus

from smartfleet.errors import LabError
from smartfleet.lab.absent import Absence, AbsentPort
from smartfleet.lab.winrm.ca import principal_name
from smartfleet.lab.winrm.counters import Counters
from smartfleet.lab.winrm.exchange import Exchange, Host
from smartfleet.lab.winrm.faults import Faults
from smartfleet.lab.winrm.http import MAX_HEAD, BadRequest, read_request, response
from smartfleet.lab.winrm.login import Login
from smartfleet.lab.winrm.machine import Machine
from smartfleet.lab.winrm.operations import DroppedError, Operations
from smartfleet.lab.winrm.settings import Service
from smartfleet.lab.winrm.workers import Workers

_log = logging.getLogger(__name__)


async def serve(
    machine: Machine,
    address: str,
    port: int,
    tls: ssl.SSLContext | None,
    *,
    workers: Workers,
    service: Service | None = None,
) -> Endpoint:
    """Listens for `machine` (port 0: any free one) with https if `tls` is given, until `close`. LabError."""
    endpoint = Endpoint(machine, address, port, tls, workers=workers, service=service or Service())
    await endpoint.listen()
    return endpoint


class Endpoint:
    """One machine's WinRM service. `faults`, `host.service` and `tls` may be changed at any time; `tls` counts from the
    next `listen` on. While it does not listen, its port stays taken and refuses connections.
    """

    def __init__(
        self,
        machine: Machine,
        address: str,
        port: int,
        tls: ssl.SSLContext | None,
        *,
        workers: Workers,
        service: Service,
    ) -> None:
        faults, counters = Faults(), Counters()
        self.host = Host(machine, service, faults, counters, Operations(machine, workers, faults, counters))
        self.address = address
        self.port = port
        self.tls = tls
        self._server: asyncio.Server | None = None
        self._absent: AbsentPort | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def faults(self) -> Faults:
        return self.host.faults

    @property
    def counters(self) -> Counters:
        return self.host.counters

    async def listen(self) -> None:
        """Starts listening, again on the same port after `stop_listening`."""
        if self._server is not None:
            return
        self._free_port()
        try:
            self._server = await asyncio.start_server(
                self._connected, self.address, self.port, ssl=self.tls, limit=MAX_HEAD
            )
        except OSError as error:
            raise LabError(
                "lab/port", f"cannot listen on {self.address}:{self.port}: {error.strerror}", do="choose another port"
            ) from error
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop_listening(self, absence: Absence = "refuses") -> None:
        """A machine that is off: connections are cut and not taken. What runs on it goes on."""
        await self._stop()
        self._free_port()
        self._absent = AbsentPort(self.address, self.port, absence)

    async def close(self) -> None:
        """Ends the endpoint and every process on its machine."""
        await self._stop()
        self._free_port()
        await self.host.operations.close()

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _free_port(self) -> None:
        if self._absent is not None:
            self._absent.close()
            self._absent = None

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Everything on one connection. What it began on the machine outlives it."""
        self.counters.connections += 1
        login = Login(self.host.machine, self.host.service, self.faults, _principal(writer))
        try:
            while not self.host.operations.deaf:
                request = await read_request(reader)
                if request is None or self.host.operations.deaf:
                    break
                writer.write(await Exchange(self.host, login, request, private=self.tls is not None).answer())
                await writer.drain()
        except BadRequest as error:
            writer.write(response(error.status))
        except (DroppedError, ConnectionError, asyncio.CancelledError):
            writer.transport.abort()
        except Exception:  # one connection that breaks must not end the lab  # noqa: BLE001
            _log.exception("%s: a request broke", self.host.machine.name)
            writer.write(response(HTTPStatus.INTERNAL_SERVER_ERROR))
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _principal(writer: asyncio.StreamWriter) -> str:
    """The principal name in the client's certificate; empty without one."""
    tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if tls else None
    return principal_name(certificate) if certificate else ""
