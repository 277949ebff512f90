"""Many lab machines with one user each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from smartfleet.lab.host import LabHost, SignedIn, documents
from smartfleet.lab.lab import Lab
from smartfleet.lab.scenarios import plain_hosts
from smartfleet.lab.windows.host import WindowsLabHost

_WORKERS = 4


def linux_hosts(lab: Lab, count: int) -> list[LabHost | WindowsLabHost]:
    """A signed-in user with a synced folder on each, logged on, the client not running."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(lambda scenario: scenario.make(lab, scenario.name), plain_hosts(count)))


def windows_hosts(lab: Lab, count: int, files: int) -> list[WindowsLabHost]:
    """The same on emulated Windows machines, with that many files."""
    hosts = [lab.add_windows_host(f"win-{number:03}") for number in range(1, count + 1)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda host: _people(lab, host, files), hosts))
    return hosts


def _people(lab: Lab, host: WindowsLabHost, files: int) -> None:
    name = host.name.replace("win-", "user")
    password = lab.add_account(name)
    lab.put_all(name, documents(sum(name.encode()), files))
    user = host.add_user(name)
    user.log_on()
    user.sign_in(SignedIn(lab.old_url, name, password))
    user.sync_once("Nextcloud")
