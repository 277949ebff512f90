"""paramiko's transport, made to ask for the login service once and to wait for the answer only so long.

The plain transport asks anew with every key, and some servers (asyncssh) hang up at the second time. paramiko's own
remedy, ServiceRequestingTransport, waits for ever on a server that goes away, misses answers that come at once, and
fails in `auth_none`.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import paramiko
from paramiko.auth_handler import AuthOnlyHandler
from paramiko.common import cMSG_SERVICE_REQUEST, cMSG_USERAUTH_REQUEST
from paramiko.transport import ServiceRequestingTransport

LOG_CHANNEL = "smartfleet.connect.paramiko"
# paramiko logs tracebacks of refused connections; the causes are told by our checks
logging.getLogger(LOG_CHANNEL).addHandler(logging.NullHandler())
logging.getLogger(LOG_CHANNEL).propagate = False


class Proxy(paramiko.ProxyCommand):
    """A proxy command that is noticed to end, can be closed twice, and leaves no process and no pipe behind."""

    def __init__(self, command: str) -> None:
        super().__init__(command)
        self._closing = threading.Lock()
        self._words: str | None = None

    def recv(self, size: int) -> bytes:
        """What there is, at most `size` bytes; empty at the end of the stream, where the base would spin for ever."""
        stream = self.process.stdout
        try:
            if stream is None or not select.select([stream], [], [], self.timeout)[0]:
                raise TimeoutError
            return os.read(stream.fileno(), size)
        except ValueError:  # closed by the other thread
            return b""

    def close(self) -> None:
        self.last_words()

    def last_words(self) -> str:
        """Ends the command; the last line that it wrote on stderr. paramiko's thread closes too: the first reads."""
        with self._closing:
            if self._words is None:
                self._words = self._end()
            return self._words

    def _end(self) -> str:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        said = b""
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is self.process.stderr and stream and not stream.closed:
                # what the command started may still hold the pipe open: take what is there
                os.set_blocking(stream.fileno(), False)
                said = stream.read() or b""
            if stream:
                stream.close()
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


class Handler(AuthOnlyHandler):
    """Listens before it asks: the base begins to listen after the question, and an answer may be there before that."""

    def send_auth_request(
        self, username: str, method: str, finish_message: Callable[[paramiko.Message], None] | None = None
    ) -> list[str]:
        self.auth_method = method
        self.username = username
        request = paramiko.Message()
        request.add_byte(cMSG_USERAUTH_REQUEST)
        for word in (username, "ssh-connection", method):
            request.add_string(word)
        if finish_message:
            finish_message(request)
        self.auth_event = threading.Event()
        with self.transport.lock:
            # as the base does; the stubs do not tell of it
            self.transport._send_message(request)  # type: ignore[attr-defined]  # noqa: SLF001
        return list(self.wait_for_response(self.auth_event))


class Transport(ServiceRequestingTransport):
    """As `paramiko.Transport`; `timeout` bounds each exchange, in seconds."""

    # what the base has and its type stubs do not tell
    auth_handler: Any
    _service_userauth_accepted: bool
    _send_message: Callable[[paramiko.Message], None]

    def __init__(self, sock: socket.socket | Proxy, timeout: float) -> None:
        super().__init__(sock)
        self.set_log_channel(LOG_CHANNEL)
        self.banner_timeout = self.auth_timeout = timeout

    def ensure_session(self) -> None:
        if not self.is_active() or not self.initial_kex_done:
            raise paramiko.SSHException("the connection is closed")
        if self._login_offered():
            return
        request = paramiko.Message()
        request.add_byte(cMSG_SERVICE_REQUEST)
        request.add_string("ssh-userauth")
        self._send_message(request)
        end = time.monotonic() + self.auth_timeout
        while not self._login_offered():
            if not self.is_active() or time.monotonic() > end:
                raise paramiko.SSHException("the server does not offer a login")
            time.sleep(0.02)
        self.auth_handler = self.get_auth_handler()

    def _login_offered(self) -> bool:
        """Set by the thread that reads."""
        return self._service_userauth_accepted

    def get_auth_handler(self) -> Handler:
        return Handler(self)

    def auth_none(self, username: str) -> list[str]:
        self.ensure_session()
        return list(self.auth_handler.send_auth_request(username, "none"))
