"""Before a client is started on a URL: is it the server that the journals belong to?"""

from __future__ import annotations

from typing import Callable

from .order import AccountMove, Order
from .transaction import StepError

Probe = Callable[[str], "dict[str, str]"]

ALIAS = "let both names serve the same instance, without a redirect, until every client has moved"
_UNFIT = {"redirect": "redirects", "unreachable": "unreachable", "maintenance": "maintenance"}


def prove_new(order: Order, probe: Probe) -> str:
    """The instance ids that were proven, for people. StepError (refused) unless each account's is."""
    ids = [_prove_account(order, account, probe) for account in order.accounts]
    return ", ".join(sorted(set(ids)))


def prove_old(order: Order, probe: Probe) -> str:
    """Before a rollback: the old URL must not lead to another instance, nor redirect.

    One that does not answer is no danger: the client waits for it.
    """
    for account in order.accounts:
        found = probe(account.old_url)
        expected = _journal_ids(order, account)
        if found["state"] == "redirect":
            raise _refused("old-redirects", found["detail"], ALIAS)
        if found["instance"] and expected and found["instance"] not in expected:
            raise _other(account.old_url, found["instance"], expected)
    return ""


def _prove_account(order: Order, account: AccountMove, probe: Probe) -> str:
    found = probe(account.new_url)
    if found["state"] != "ok":
        name = _UNFIT.get(found["state"], "not-nextcloud")
        raise _refused(f"new-{name}", found["detail"], ALIAS if name == "redirects" else "smartfleet doctor")
    if not found["instance"]:
        raise _refused("instance-unproven", f"{account.new_url} does not tell its instance", "smartfleet doctor")
    expected = _journal_ids(order, account) or _old_id(account, probe)
    if expected != {found["instance"]}:
        raise _other(account.new_url, found["instance"], expected)
    return found["instance"]


def _journal_ids(order: Order, account: AccountMove) -> set[str]:
    """Instance ids that end the file ids of the account's journals; empty where no folder holds a file yet."""
    return {folder.instance_id for folder in order.folders if folder.account == account.number} - {""}


def _old_id(account: AccountMove, probe: Probe) -> set[str]:
    found = probe(account.old_url)
    if not found["instance"]:
        raise _refused(
            "instance-unproven",
            f"the journals hold no file, and {account.old_url} does not tell its instance either",
            ALIAS,
        )
    return {found["instance"]}


def _other(url: str, found: str, expected: set[str]) -> StepError:
    return _refused(
        "other-instance",
        f"{url} is the instance {found}, the account belongs to {', '.join(sorted(expected))}",
        "a client on another instance deletes local files: check the name, its DNS and the proxy in front of it",
    )


def _refused(code: str, message: str, do: str) -> StepError:
    return StepError(code, message, do, outcome="refused")
