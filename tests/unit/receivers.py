"""Servers on loopback that things are sent to: a webhook's receiver and a mail server, in the clear or with TLS."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.ports import free_port


@dataclass
class Received:
    """Requests with their headers and bodies. `answers` are given one after the other, the last one for ever."""

    answers: list[int] = field(default_factory=lambda: [204])
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@contextmanager
def webhook(context: ssl.SSLContext | None = None) -> Iterator[Received]:
    """A receiver that takes POST; with `context` over TLS."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.requests.append(({key.lower(): value for key, value in self.headers.items()}, body))
            status = received.answers.pop(0) if len(received.answers) > 1 else received.answers[0]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", received.url)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """A test's output is no place for a server's log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    received.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}/in"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mailbox:
    """Mails as they came, with the addresses that they were for."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        mail = BytesParser(EmailMessage, policy=default).parsebytes(content)
        self.mails.append((list(envelope.rcpt_tos), mail))
        return "250 OK"


@contextmanager
def mail_server(
    context: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False
) -> Iterator[Mailbox]:
    """Takes mail for anybody. `context` for STARTTLS, or for TLS from the first byte (`implicit`)."""
    box = Mailbox()

    def check(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        box.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"hunter2", handled=False)

    more: dict[str, Any] = {"authenticator": check, "auth_required": True} if login else {}
    if context is not None and not implicit:
        more |= {"tls_context": context, "require_starttls": True}
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        ssl_context=context if implicit else None,
        auth_require_tls=login and not implicit,
        **more,
    )
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()
