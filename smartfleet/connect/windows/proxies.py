"""The proxy that stands between: pywinrm and pypsrp obey the variables of the environment as requests does."""

from __future__ import annotations

import os

from smartfleet.connect.windows.route import Route


def proxy_of(route: Route) -> str:
    """Its URL; "" where the connection is direct."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return ""
    import requests  # noqa: PLC0415 - takes a while, and few environments name a proxy

    return requests.utils.get_environ_proxies(route.endpoint).get(route.scheme, "")
