"""Server URLs: whether two of them mean the same server.

What counts is the scheme, the host (in any case, in Unicode or in its ASCII form), the port (80 and 443 may be left
out) and the path prefix. Slashes at the end do not count.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

import idna

from smartfleet.nextcloud.names import client_url

# characters; longer ones are nothing that a cache should hold
_USUAL = 256
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normalize(url: str) -> str:
    """The one spelling of a server URL that all others compare equal to; ValueError if it is none.

    >>> normalize("HTTPS://Bücher.Example:443/nextcloud//")
    'https://xn--bcher-kva.example/nextcloud'
    """
    return _normalized(url) if len(url) <= _USUAL else _normalized.__wrapped__(url)


# a fleet has few servers, and each of them is compared with thousands of accounts
@lru_cache(maxsize=256)
def _normalized(url: str) -> str:
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("a server URL begins with https:// or http:// and names a host")
    port = parts.port
    shown_port = "" if port in (None, _DEFAULT_PORTS[scheme]) else f":{port}"
    account = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{account}{_host(parts.hostname)}{shown_port}{_path(parts.path)}{query}"


def same_server(one: str, other: str) -> bool:
    """Whether both URLs mean the same server; False if one of them is no server URL."""
    try:
        return normalize(one) == normalize(other)
    except ValueError:
        return False


def may_be_same(one: str, other: str) -> bool:
    """Whether two URLs that do not mean the same server may lead to it all the same: by another scheme, or below it.

    Most servers send ``http`` on to ``https``, and answer at ``/index.php`` too. Another port or path is another one.
    """
    try:
        ours, theirs = urlsplit(normalize(one)), urlsplit(normalize(other))
    except ValueError:
        return False
    if ours.hostname != theirs.hostname or ours.port != theirs.port:
        return False
    return f"{ours.path}/".startswith(f"{theirs.path}/") or f"{theirs.path}/".startswith(f"{ours.path}/")


def written(url: str) -> str:
    """A server URL as it is put into `nextcloud.cfg`: as the client spells it, without a slash at the end."""
    return client_url(url.strip()).rstrip("/")


def host_and_port(url: str) -> str:
    """``host`` or ``host:port`` as the client names a server; ports 80 and 443 are not named."""
    parts = urlsplit(client_url(url))
    host = parts.hostname or ""
    return host if parts.port in (None, 80, 443) else f"{host}:{parts.port}"


def _host(host: str) -> str:
    host = host.removesuffix(".").lower()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _ascii_host(host)
    return f"[{address.compressed}]" if address.version == 6 else address.compressed


def _ascii_host(host: str) -> str:
    if host.isascii() or len(host) > 253:
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("the host is no valid internationalized name") from None


def _path(path: str) -> str:
    plain = re.sub(r"/{2,}", "/", quote(unquote(path), safe="/~"))
    return plain.rstrip("/")
