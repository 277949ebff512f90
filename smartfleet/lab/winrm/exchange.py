"""One request and its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from smartfleet.lab.winrm import encryption, soap
from smartfleet.lab.winrm.counters import Counters, Traffic
from smartfleet.lab.winrm.faults import Faults
from smartfleet.lab.winrm.http import HttpRequest, response
from smartfleet.lab.winrm.login import Login
from smartfleet.lab.winrm.machine import Machine
from smartfleet.lab.winrm.operations import DroppedError, Operations
from smartfleet.lab.winrm.settings import Service
from smartfleet.lab.winrm.wsfault import TOO_BIG, WsFault

PATH = "/wsman"
OPEN_PATH = "/wsman-anon/identify"


@dataclass
class Host:
    """A machine with everything that its endpoint knows about it."""

    machine: Machine
    service: Service
    faults: Faults
    counters: Counters
    operations: Operations


class Exchange:
    """`private`: TLS is around it, so that messages may be plain."""

    def __init__(self, host: Host, login: Login, request: HttpRequest, *, private: bool) -> None:
        self._host = host
        self._login = login
        self._request = request
        self._private = private
        self._challenges: list[str] = []
        self._counted: list[Traffic] = [host.counters.total]

    async def answer(self) -> bytes:
        """The bytes of the answer, counted; DroppedError if there is to be none."""
        faults = self._host.faults
        dropped = faults.drops_now()
        answer = await self._answer()
        if faults.delay:
            await asyncio.sleep(faults.delay)
        for traffic in self._counted:
            traffic.add(self._request.size, len(answer))
        if dropped:
            raise DroppedError
        return answer

    async def _answer(self) -> bytes:
        if self._request.path not in {PATH, OPEN_PATH}:
            return response(HTTPStatus.NOT_FOUND)
        if self._request.method != "POST":
            return response(HTTPStatus.METHOD_NOT_ALLOWED)
        if self._request.headers.get("wsmanidentify") == "unauthenticated" or self._request.path == OPEN_PATH:
            return self._open_identity()
        signed_in = self._login.check(self._request.headers.get("authorization", ""))
        self._challenges = signed_in.challenges
        if not signed_in.user:
            self._host.counters.refused_logins += signed_in.refused
            return response(HTTPStatus.UNAUTHORIZED, challenges=self._challenges)
        if not self._request.body:
            return response(HTTPStatus.OK, challenges=self._challenges)
        return await self._message(signed_in.user)

    def _open_identity(self) -> bytes:
        """What anybody may know, without a version or the ways to sign in."""
        try:
            asked = soap.is_identify(soap.parse_xml(self._request.body))
        except WsFault:
            asked = False
        if not asked:
            return response(HTTPStatus.UNAUTHORIZED, challenges=self._host.service.challenges())
        body = soap.identity(product=self._host.service.product(signed_in=False), profiles=[])
        return response(HTTPStatus.OK, body, content_type=encryption.SOAP_TYPE)

    async def _message(self, user: str) -> bytes:
        """A message of somebody who is signed in; the answer is sealed if the message was."""
        sealed = encryption.is_sealed(self._request.headers.get("content-type", ""))
        if not sealed and not self._private and not self._host.service.allow_unencrypted:
            # Windows says no more than this either; its event log has the reason
            return response(HTTPStatus.INTERNAL_SERVER_ERROR, challenges=self._challenges)
        try:
            message = encryption.unseal(self._login.context, self._request.body) if sealed else self._request.body
        except encryption.BadSealError:
            return response(HTTPStatus.BAD_REQUEST)
        status, body = await self._soap(message, user)
        if not sealed or self._login.context is None:
            return response(status, body, content_type=encryption.SOAP_TYPE, challenges=self._challenges)
        body = encryption.seal(self._login.context, body)
        return response(status, body, content_type=encryption.CONTENT_TYPE, challenges=self._challenges)

    async def _soap(self, message: bytes, user: str) -> tuple[HTTPStatus, bytes]:
        message_id = ""
        try:
            if len(message) > soap.MAX_ENVELOPE:
                raise TOO_BIG
            root = soap.parse_xml(message)
            if soap.is_identify(root):
                return HTTPStatus.OK, self._identity()
            request = soap.parse(root)
            message_id = request.message_id
            return HTTPStatus.OK, await self._run(request, user)
        except WsFault as fault:
            self._host.counters.faults += 1
            name = self._host.machine.name
            return HTTPStatus.INTERNAL_SERVER_ERROR, soap.fault(fault, message_id=message_id, machine=name)

    async def _run(self, request: soap.Request, user: str) -> bytes:
        operations = self._host.operations
        known = operations.command(request)
        self._counted += [known.traffic] if known else []
        body = await operations.run(request, user)
        if request.action == "Command":
            self._counted.append(operations.newest(request.shell_id).traffic)
        return soap.answer(request, body)

    def _identity(self) -> bytes:
        service = self._host.service
        return soap.identity(product=service.product(signed_in=True), profiles=service.profiles())
