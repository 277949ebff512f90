"""Asks the new server who it is, before anything is planned against it."""

from __future__ import annotations

import ssl

import httpx

from smartfleet.cli.output import say
from smartfleet.errors import ServerError
from smartfleet.nextcloud.server import probe

_SECONDS = 15.0


def new_instance(url: str) -> str:
    """Its instance id; "" with a warning if it cannot be asked from here, for example from an admin's network.

    A server that answers, but wrongly, is a ServerError: clients would end up there.
    """
    with httpx.Client(verify=ssl.create_default_context(), timeout=_SECONDS) as client:
        found = probe(client, url)
    if found.state == "redirect":
        raise ServerError(
            "server/redirect",
            f"{url}{found.redirected_path} redirects to {found.redirect}",
            why="the client follows no redirect when it signs in, and would ask the user",
            do="write the address that it leads to as servers.new in smartfleet.yml",
        )
    if found.state == "not-nextcloud":
        raise ServerError(
            "server/not-nextcloud", f"{url} is no Nextcloud: {found.detail}", do="smartfleet doctor tells more"
        )
    if found.maintenance:
        raise ServerError("server/maintenance", f"{url} is in maintenance", do="wait until it is over")
    if not found.instance_id:
        say(f"warning: {url} could not be asked who it is ({found.detail or 'no session cookie'}); hosts ask it again")
    return found.instance_id
