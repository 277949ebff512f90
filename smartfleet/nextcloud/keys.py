"""The names of a client's secrets in the keyring, and which of them a move has to copy.

A name is ``LOGIN:URL/:NUMBER`` (abstractcredentials.cpp, keychainKey), so a changed URL means other names. The secret
itself stays valid: it belongs to the user on the server, not to the server's name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from smartfleet.model.plan import SecretCopy
from smartfleet.nextcloud.accounts import Account
from smartfleet.nextcloud.names import login_key
from smartfleet.nextcloud.urls import host_and_port, written

__all__ = ["login_key", "secret_copies"]

_E2EE = ("_e2e-certificate", "_e2e-private", "_e2e-public", "_e2e-mnemonic")
_CERTIFICATE = ("_clientCertificatePEM", "_clientKeyPEM", *(f"_clientCaCertificatePEM{number}" for number in range(10)))
# an entry too large for Windows is cut into pieces, the first of which has no number
_PIECES = ("", *(f".{number}" for number in range(1, 10)))


def secret_copies(account: Account, old: str, new: str, known: Collection[str] | None = None) -> list[SecretCopy]:
    """The entries to copy when `account` goes from `old` to `new`; the first one is required, all others may be absent.

    `known`: the names in the keyring, where they could be seen. Then only entries that are there are listed, pieces of
    large ones too, and an entry of before 2.4 stands in for a missing one.
    """
    login = SecretCopy(
        source=_login_source(account, old, known),
        target=login_key(account.login, written(new), account.number),
        required=True,
    )
    optional = [
        SecretCopy(source=source, target=target, required=False)
        for source, target in _optional(account, old, written(new), _PIECES if known else _PIECES[:1])
        if known is None or source in known
    ]
    return [login, *optional]


def _login_source(account: Account, old: str, known: Collection[str] | None) -> str:
    source = login_key(account.login, old, account.number)
    ancient = login_key(account.login, old, "")
    return ancient if known is not None and source not in known and ancient in known else source


def _optional(account: Account, old: str, new: str, pieces: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Source and target of all that may be there: remote wipe, end-to-end encryption, client certificate, proxy."""
    number = account.number
    for name in _names(account, pieces):
        yield login_key(name, old, number), login_key(name, new, number)
    proxy = tuple(f"{account.user}@{host_and_port(url)}_proxy_password" for url in (old, new))
    if account.proxy_user and proxy[0] != proxy[1]:
        yield proxy[0], proxy[1]


def _names(account: Account, pieces: tuple[str, ...]) -> Iterator[str]:
    # which of the two names a client puts before an ending has changed over time
    people = dict.fromkeys((account.user, account.login))
    yield from (f"{person}_app-password" for person in people)
    yield from (f"{person}{ending}" for person in people for ending in _E2EE)
    yield from (f"{account.login}{ending}{piece}" for ending in _CERTIFICATE for piece in pieces)
