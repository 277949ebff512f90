"""The server part of a folder's check: asked with the account's secret, which stays in this process.

Runs in the dropped child, inside the user's session.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Callable, Dict, Mapping

from . import keyring
from .compare import Tally, not_done
from .dav import Dav, DavError, Remote
from .dropped import DroppedError
from .journal import instance_id, left_out, rows
from .names import login_key
from .probe import probe
from .serverproof import Proof

SAMPLE = 1000


@dataclass(frozen=True)
class Account:
    """Who asks whom: `user` is the name in DAV paths, `login` the one to sign in with."""

    number: str
    url: str
    login: str
    user: str


def check_server(
    journal: bytes,
    account: Account,
    env: Mapping[str, str],
    *,
    target_path: str,
    unsynced: Callable[[bytes], bool],
    examples: int,
) -> Dict[str, object]:
    """The `Comparison` of the journal's copy with the server."""
    try:
        reason = _not_the_server(journal, account, env)
        if reason:
            return not_done(reason)
        dav = _sign_in(account, env)
        tally = Tally(examples)
        top = os.fsencode(target_path.strip("/"))
        excluded = left_out(journal)

        def listing(path: bytes) -> Dict[bytes, Remote]:
            return dav.children(b"/".join(part for part in (top, path) if part))

        def skipped(path: bytes) -> bool:
            return path in excluded or unsynced(path)

        Proof(lambda: rows(journal), listing, skipped, tally).run()
    except (DroppedError, DavError) as error:
        return not_done(error.message)
    except ValueError as error:
        return not_done(f"the journal is unreadable: {error}")
    return tally.result()


def _sign_in(account: Account, env: Mapping[str, str]) -> Dav:
    if not env:
        raise DroppedError("no-session", "the user has no desktop session, so the keyring cannot be reached")
    secret = keyring.lookup(env, login_key(account.login, account.url, account.number))
    if secret is None:
        raise DroppedError("secret-missing", "the keyring has no entry for this account")
    proxies = {name[: -len("_proxy")].lower(): value for name, value in env.items() if _is_proxy(name)}
    return Dav(account.url, account.user, account.login, secret, proxies)


def _is_proxy(name: str) -> bool:
    return name.lower().endswith("_proxy")


def _not_the_server(journal: bytes, account: Account, env: Mapping[str, str]) -> str:
    """Why the secret is not sent there; "" if the server is the instance of the journal, or does not tell."""
    found = probe(account.url, env)
    if found["state"] != "ok":
        return found["detail"]
    known = {instance_id(row.fileid) for row, _number in zip(rows(journal), range(SAMPLE))} - {""}
    if found["instance"] and known and found["instance"] not in known:
        return f"{account.url} is the instance {found['instance']}, the journal belongs to {', '.join(sorted(known))}"
    return ""
