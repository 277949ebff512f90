"""Signing in: Basic with each request, NTLM (raw or inside Negotiate) for a connection, or a client certificate."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass

import spnego

from smartfleet.lab.winrm.accounts import NtlmAccounts, asked_account
from smartfleet.lab.winrm.faults import Faults
from smartfleet.lab.winrm.machine import Machine
from smartfleet.lab.winrm.settings import Service

MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
_PURE = spnego.NegotiateOptions.use_negotiate
"""Never the system's GSSAPI, which may be there and knows other accounts."""
_TOKEN = re.compile(r"(Basic|Negotiate|NTLM) ([A-Za-z0-9+/]+=*)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """`user` is empty while nobody is signed in; `challenges` go into the answer either way."""

    user: str
    challenges: list[str]
    refused: bool = False


class Login:
    """Who speaks on one connection."""

    def __init__(self, machine: Machine, service: Service, faults: Faults, principal: str) -> None:
        self._machine = machine
        self._service = service
        self._faults = faults
        self._principal = principal
        self._user = ""
        self.context: spnego.ContextProxy | None = None

    def check(self, authorization: str) -> Answer:
        """Who sends a request with this header ("" if it has none)."""
        if authorization == MUTUAL and self._service.certificate:
            return self._signed_in(self._certificate_user())
        match = _TOKEN.fullmatch(authorization)
        if match is None:
            return (
                Answer(self._user, []) if self._user and not authorization else self._offer(refused=bool(authorization))
            )
        try:
            token = base64.b64decode(match[2], validate=True)
        except binascii.Error:
            return self._offer(refused=True)
        if match[1].lower() == "basic":
            return self._basic(token)
        return self._negotiate(match[1], token) if self._service.negotiate else self._offer(refused=True)

    def _basic(self, token: bytes) -> Answer:
        user, colon, password = _text(token).partition(":")
        known = self._password(user) if self._service.basic and colon else None
        fits = known is not None and hmac.compare_digest(known.encode(), password.encode())
        return self._signed_in(user if fits else None)

    def _negotiate(self, scheme: str, token: bytes) -> Answer:
        """One step of NTLM: the first token begins anew, the second one shows that the client has the password."""
        asked = asked_account(token)
        if asked is None or self.context is None or self.context.complete:
            self.context, self._user = None, ""
        password = self._password(asked.user) if asked is not None else ""
        if password is None:
            self.context = None
            return self._offer(refused=True)
        accounts = NtlmAccounts(asked, password)
        try:
            with accounts:
                self.context = self.context or spnego.server(protocol="negotiate", options=_PURE)
                reply = self.context.step(token)
        except Exception:  # pyspnego breaks in many ways on bytes that are no token  # noqa: BLE001
            self.context = None
            return self._offer(refused=True)
        challenges = [f"{scheme} {base64.b64encode(reply).decode()}"] if reply else []
        if self.context.complete and asked is not None:
            self._user = asked.user
        return Answer(self._user, challenges)

    def _certificate_user(self) -> str | None:
        if not self._principal or self._faults.reject_logins:
            return None
        return self._machine.certificate_user(self._principal)

    def _password(self, user: str) -> str | None:
        return None if self._faults.reject_logins else self._machine.password(user)

    def _signed_in(self, user: str | None) -> Answer:
        return Answer(user, []) if user else self._offer(refused=True)

    def _offer(self, *, refused: bool) -> Answer:
        return Answer("", self._service.challenges(), refused=refused)


def _text(credentials: bytes) -> str:
    """User and password in Basic: newer clients send UTF-8, pywinrm sends Latin-1."""
    try:
        return credentials.decode("utf-8")
    except UnicodeDecodeError:
        return credentials.decode("latin-1")
