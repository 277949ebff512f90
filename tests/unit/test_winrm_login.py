"""Signing in at the emulated endpoint, and the encryption that comes with it, against the clients' own NTLM."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import spnego
from hypothesis import given, settings
from hypothesis import strategies as st

from smartfleet.errors import LabError
from smartfleet.lab.winrm import encryption
from smartfleet.lab.winrm.accounts import AskedAccount, NtlmAccounts, asked_account
from smartfleet.lab.winrm.faults import Faults
from smartfleet.lab.winrm.login import MUTUAL, Answer, Login
from smartfleet.lab.winrm.settings import Service
from tests.unit.winrm_machine import KnownAccounts

PASSWORD = "Grün 1"
ACCOUNTS = {"eva": PASSWORD, "WIN01\\eva": PASSWORD, "eva@corp.example": PASSWORD}
PURE = spnego.NegotiateOptions.use_negotiate
ALL = Service(basic=True, certificate=True)


def login(service: Service = ALL, *, principal: str = "", faults: Faults | None = None, **accounts: str) -> Login:
    return Login(KnownAccounts(accounts or ACCOUNTS), service, faults or Faults(), principal)


def basic(user: str, password: str, encoding: str = "utf-8") -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode(encoding)).decode()}"


@dataclass
class Client:
    """A client that signs in by NTLM, raw or inside Negotiate."""

    user: str = "eva"
    password: str = PASSWORD
    protocol: str = "ntlm"
    context: spnego.ContextProxy = field(init=False)

    def sign_in(self, at: Login, scheme: str = "Negotiate") -> tuple[str, list[str]]:
        """Who it is at the end, and what the last answer offered."""
        self.context = spnego.client(self.user, self.password, hostname="x", protocol=self.protocol, options=PURE)
        answer, token = Answer("", []), self.context.step()
        while token is not None:
            answer = at.check(f"{scheme} {base64.b64encode(token).decode()}")
            offered = [one.partition(" ")[2] for one in answer.challenges if one.startswith(f"{scheme} ")]
            token = self.context.step(base64.b64decode(offered[0])) if offered else None
        return answer.user, answer.challenges


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_basic(encoding: str) -> None:
    assert login().check(basic("eva", PASSWORD, encoding)).user == "eva"


@pytest.mark.parametrize(
    "header",
    [basic("eva", "wrong"), basic("nobody", PASSWORD), basic("eva", ""), "Basic", "Basic !", "Basic eA===",
     "Digest x=y", "Negotiate", "Negotiate eA==", "NTLM TlRMTVNTUAAD", MUTUAL, "x" * 9_999],
)  # fmt: skip
def test_other_headers_are_refused_and_told_the_ways(header: str) -> None:
    answer = login().check(header)
    assert (answer.user, answer.refused) == ("", True)
    assert answer.challenges == ["Negotiate", 'Basic realm="WSMAN"']


def test_nothing_given_is_no_refusal() -> None:
    answer = login().check("")
    assert (answer.user, answer.refused) == ("", False)


def test_basic_counts_for_one_request_only() -> None:
    at = login()
    at.check(basic("eva", PASSWORD))
    assert not at.check("").user


def test_ways_that_are_off() -> None:
    off = login(Service(negotiate=False), principal="eva@localhost")
    assert not off.check(basic("eva", PASSWORD)).user
    assert not off.check(MUTUAL).user
    assert Client().sign_in(off) == ("", [])


@pytest.mark.parametrize("user", ACCOUNTS)
@pytest.mark.parametrize(("protocol", "scheme"), [("ntlm", "Negotiate"), ("ntlm", "NTLM"), ("negotiate", "Negotiate")])
def test_ntlm(user: str, protocol: str, scheme: str) -> None:
    at = login()
    assert Client(user, protocol=protocol).sign_in(at, scheme)[0] == user
    assert at.check("").user == user


@pytest.mark.parametrize("client", [Client(password="wrong"), Client("nobody"), Client("OTHER\\eva"), Client("e:va")])
def test_ntlm_with_the_wrong_account(client: Client) -> None:
    at = login()
    assert client.sign_in(at) == ("", ["Negotiate", 'Basic realm="WSMAN"'])
    assert not at.check("").user


def test_rejected_logins_end_as_a_wrong_password_does() -> None:
    faults = Faults(reject_logins=True)
    assert Client().sign_in(login(faults=faults))[1] == ["Negotiate", 'Basic realm="WSMAN"']
    assert not login(faults=faults).check(basic("eva", PASSWORD)).user
    assert not login(faults=faults, principal="eva@localhost").check(MUTUAL).user


def test_a_new_handshake_ends_the_old_login() -> None:
    at = login()
    Client().sign_in(at)
    Client(password="wrong").sign_in(at)
    assert not at.check("").user


def test_certificate() -> None:
    assert login(principal="eva@localhost").check(MUTUAL).user == "eva"
    assert not login(principal="tom@localhost").check(MUTUAL).user
    assert not login().check(MUTUAL).user


def test_a_password_that_the_lab_cannot_use_is_told() -> None:
    with pytest.raises(LabError, match="colon"):
        Client().sign_in(login(eva="a:b"))


def test_the_accounts_are_gone_after_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NTLM_USER_FILE", "before")
    with NtlmAccounts(AskedAccount("D", "eva"), PASSWORD):
        path = Path(os.environ["NTLM_USER_FILE"])
        assert path.read_text(encoding="utf-8") == f"D:eva:{PASSWORD}"
    assert os.environ["NTLM_USER_FILE"] == "before"
    monkeypatch.delenv("NTLM_USER_FILE")
    with NtlmAccounts(None, ""):
        pass
    assert "NTLM_USER_FILE" not in os.environ


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_token_names_an_account_or_none(before: bytes, after: bytes) -> None:
    asked_account(before + b"NTLMSSP\0\x03\0\0\0" + after)


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=120), min_size=1, max_size=3), st.sampled_from([b"", b"NTLMSSP\0\x01\0\0\0"]))
def test_any_token_is_refused_or_challenged(tokens: list[bytes], start: bytes) -> None:
    at = login()
    for token in tokens:
        assert not at.check(f"Negotiate {base64.b64encode(start + token).decode()}").user


@pytest.fixture
def pair() -> tuple[spnego.ContextProxy, spnego.ContextProxy]:
    """Both ends of an encrypted connection: client and server."""
    client, at = Client(), login()
    client.sign_in(at)
    assert at.context is not None
    return client.context, at.context


def test_messages_are_sealed_both_ways(pair: tuple[spnego.ContextProxy, spnego.ContextProxy]) -> None:
    client, server = pair
    for number in range(3):
        assert encryption.unseal(server, encryption.seal(client, b"<a/>" * number)) == b"<a/>" * number
        sealed = encryption.seal(server, b"back")
        assert encryption.unseal(client, sealed) == b"back"
        assert b"back" not in sealed


@pytest.mark.parametrize("place", [0, 60, 150, -40, -26, -3])
def test_a_changed_message_is_refused(pair: tuple[spnego.ContextProxy, spnego.ContextProxy], place: int) -> None:
    client, server = pair
    sealed = bytearray(encryption.seal(client, b"<a/>" * 10))
    sealed[place] ^= 1
    with pytest.raises(encryption.BadSealError):
        encryption.unseal(server, bytes(sealed))


@given(st.binary(max_size=60))
def test_any_bytes_inside_are_refused(blob: bytes) -> None:
    at = login()
    client = Client()
    client.sign_in(at)
    sealed = encryption.seal(client.context, b"x")
    head = sealed[: sealed.rindex(b"octet-stream\r\n") + len(b"octet-stream\r\n")]
    for body in (blob, head + blob, head + blob + b"--Encrypted Boundary--\r\n"):
        with pytest.raises(encryption.BadSealError):
            encryption.unseal(at.context, body)


def test_without_a_login_nothing_is_opened(pair: tuple[spnego.ContextProxy, spnego.ContextProxy]) -> None:
    with pytest.raises(encryption.BadSealError):
        encryption.unseal(None, encryption.seal(pair[0], b"x"))
