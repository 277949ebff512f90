"""The names of a client's secrets in the keyring, and which of them a move has to copy.

A name is ``LOGIN:URL/:NUMBER`` (abstractcredentials.cpp, keychainKey), so a changed URL means other names. The secret
itself stays valid: it belongs to the user on the server, not to the server's name. On Windows, where all programs of a
user share one store, the name begins with ``Nextcloud_``, and an entry that is too large for it is cut into pieces.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from smartfleet.model.plan import AccountMove, SecretCopy
from smartfleet.nextcloud.accounts import Account
from smartfleet.nextcloud.names import key_ending, login_key
from smartfleet.nextcloud.urls import host_and_port, written

_E2EE = ("_e2e-certificate", "_e2e-private", "_e2e-public", "_e2e-mnemonic")
_CERTIFICATE = ("_clientCertificatePEM", "_clientKeyPEM", *(f"_clientCaCertificatePEM{number}" for number in range(10)))
# the first piece has no number (keychainchunk.cpp); the part before the URL carries it
_PIECES = ("", *(f".{number}" for number in range(1, 10)))
_WINDOWS = "Nextcloud_"


class _Named(Protocol):
    """What names an account's entries beside its URL."""

    @property
    def number(self) -> str: ...

    @property
    def login(self) -> str: ...

    @property
    def user(self) -> str: ...


def entry_name(account: Account, *, windows: bool) -> str:
    """The entry that holds the password of `account` now."""
    return (_WINDOWS if windows else "") + login_key(account.login, account.url, account.number)


def secret_copies(
    account: Account, old: str, new: str, known: Collection[str] | None = None, *, windows: bool = False
) -> list[SecretCopy]:
    """The entries to copy when `account` goes from `old` to `new`; the first one is required, all others may be absent.

    `known`: the names in the keyring, where they could be seen. Then only entries that are there are listed, pieces of
    large ones too, and an entry of before 2.4 stands in for a missing one. `windows`: names are the targets of the
    Credential Manager.
    """
    prefix = _WINDOWS if windows else ""
    optional = [
        SecretCopy(source=source, target=target, required=False)
        for source, target in [
            *_optional(account, old, written(new), _PIECES if known else _PIECES[:1], prefix),
            *_proxy(account, old, written(new)),
        ]
        if known is None or source in known
    ]
    return [required_copy(account, old, new, known, windows=windows), *optional]


def named_copies(account: Account, old: str, new: str) -> list[SecretCopy]:
    """Of the Credential Manager's entries the required one and the proxy's; the others are `unseen_copies`."""
    proxies = _proxy(account, old, written(new))
    optional = [SecretCopy(source=source, target=target, required=False) for source, target in proxies]
    return [required_copy(account, old, new, windows=True), *optional]


def unseen_copies(move: AccountMove) -> Iterator[SecretCopy]:
    """Every other entry that there may be in the Credential Manager, with every piece of the large ones.

    Nobody but the user's own programs can see which are there.
    """
    for source, target in _optional(move, move.old_url, move.new_url, _PIECES, _WINDOWS):
        yield SecretCopy(source=source, target=target, required=False)


def required_copy(
    account: Account, old: str, new: str, known: Collection[str] | None = None, *, windows: bool = False
) -> SecretCopy:
    """The entry without which `account` cannot sign in on `new`; arguments as for `secret_copies`."""
    prefix = _WINDOWS if windows else ""
    return SecretCopy(
        source=prefix + _login_source(account, old, known),
        target=prefix + login_key(account.login, written(new), account.number),
        required=True,
    )


def _login_source(account: Account, old: str, known: Collection[str] | None) -> str:
    source = login_key(account.login, old, account.number)
    ancient = login_key(account.login, old, "")
    return ancient if known is not None and source not in known and ancient in known else source


def _optional(account: _Named, old: str, new: str, pieces: tuple[str, ...], prefix: str) -> Iterator[tuple[str, str]]:
    """Source and target of all that may be there: remote wipe, end-to-end encryption, client certificate."""
    source, target = (key_ending(url, account.number) for url in (old, new))
    for name in _names(account, pieces):
        yield prefix + name + source, prefix + name + target


def _proxy(account: Account, old: str, new: str) -> Iterator[tuple[str, str]]:
    """The password of the account's own proxy; its name has no URL, no number, and no prefix anywhere."""
    source, target = (f"{account.user}@{host_and_port(url)}_proxy_password" for url in (old, new))
    if account.proxy_user and source != target:
        yield source, target


def _names(account: _Named, pieces: tuple[str, ...]) -> Iterator[str]:
    # which of the two names a client puts before an ending has changed over time
    people = dict.fromkeys((account.user, account.login))
    yield from (f"{person}_app-password" for person in people)
    yield from (f"{person}{ending}" for person in people for ending in _E2EE)
    yield from (f"{account.login}{ending}{piece}" for ending in _CERTIFICATE for piece in pieces)
