"""Cuts what pywinrm and what it uses do for each message although the answer is the same.

They look into the environment for proxies three times a message, at every variable; put the same XML together again and
again; and make the NTLM hash of an account for each of its hosts.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from smartfleet.reading.envelopes import writing

_ACCOUNTS = 16


def spare(connection: Any) -> None:  # noqa: ANN401 - ansible-core ships no types
    """The first `connection` of the plugin winrm brings what they all use; others need nothing of it. What a later
    version has in another shape is left alone.
    """
    if getattr(connection, "transport", None) != "winrm":
        return
    transport = getattr(sys.modules.get("winrm.transport"), "Transport", None)
    build = getattr(transport, "build_session", None)
    if transport is not None and build is not None and not hasattr(build, "__wrapped__"):
        transport.build_session = looking_once(build)
        _write_once()
        _hash_once()


def looking_once(build: Any) -> Any:  # noqa: ANN401 - pywinrm's own
    """A new session already has all proxies of the environment from pywinrm."""

    @functools.wraps(build)
    def build_session(transport: Any) -> Any:  # noqa: ANN401 - pywinrm's own
        session = build(transport)
        # a session without its own authentication looks for one in ~/.netrc
        if session.auth:
            session.trust_env = False
        return session

    return build_session


def _write_once() -> None:
    found: Any = sys.modules.get("xmltodict")
    if hasattr(found, "unparse"):
        found.unparse = writing(found.unparse)


def _hash_once() -> None:
    """By the password itself, so that no account can get another's."""
    found: Any = sys.modules.get("spnego._ntlm")
    if hasattr(found, "lmowfv1"):
        found.lmowfv1 = functools.lru_cache(_ACCOUNTS)(found.lmowfv1)
