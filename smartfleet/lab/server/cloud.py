"""What one server instance knows: its users, app passwords, sign-ins under way, and the switches that tests turn."""

from __future__ import annotations

import hmac
import itertools
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from smartfleet.lab.server.tree import Tree

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_instance_id() -> str:
    """As Nextcloud makes it: ``oc`` and ten characters of a-z and 0-9."""
    return "oc" + "".join(secrets.choice(ALPHABET) for _ in range(10))


@dataclass
class CloudUser:
    """One user: `uid` stands in DAV paths, `login` in Basic authentication (they differ with mail logins)."""

    uid: str
    login: str
    display_name: str
    tree: Tree
    app_passwords: set[str] = field(default_factory=set)
    uploads: dict[str, dict[str, bytes]] = field(default_factory=dict)


@dataclass
class SignIn:
    """A login flow (v2): the client polls `poll_token`, a person opens the page of `page_token`."""

    poll_token: str
    page_token: str
    server: str
    agent: str
    login: str = ""
    app_password: str = ""


@dataclass(frozen=True)
class Redirect:
    """How a host name answers instead of serving: the trap that moves must not step into."""

    status: int
    target: str


@dataclass
class Cloud:
    """One instance. `names` are the trusted ``host:port`` values; any other Host header gets 400."""

    instance: str = field(default_factory=new_instance_id)
    version: str = "29.0.1"
    prefix: str = ""
    names: set[str] = field(default_factory=set)
    users: dict[str, CloudUser] = field(default_factory=dict)
    sign_ins: list[SignIn] = field(default_factory=list)
    redirects: dict[str, Redirect] = field(default_factory=dict)
    maintenance: bool = False
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(2))

    def add_user(self, uid: str, *, login: str = "", display_name: str = "") -> CloudUser:
        tree = Tree(self.instance, self._numbers, int(time.time()))
        user = CloudUser(uid, login or uid, display_name or uid.title(), tree)
        self.users[uid] = user
        return user

    def add_app_password(self, uid: str) -> str:
        """A new app password of 72 characters, as ``occ user:auth-tokens:add`` prints it."""
        password = "".join(secrets.choice(ALPHABET) for _ in range(72))
        self.users[uid].app_passwords.add(password)
        return password

    def authenticate(self, login: str, password: str) -> CloudUser | None:
        for user in self.users.values():
            if login in {user.uid, user.login} and any(
                hmac.compare_digest(password.encode(), known.encode()) for known in user.app_passwords
            ):
                return user
        return None

    def start_sign_in(self, server: str, agent: str) -> SignIn:
        flow = SignIn(secrets.token_urlsafe(64), secrets.token_urlsafe(64), server, agent)
        self.sign_ins.append(flow)
        return flow

    def grant(self, flow: SignIn, uid: str) -> None:
        """What a person does in the browser: sign in and say yes."""
        flow.login = self.users[uid].login
        flow.app_password = self.add_app_password(uid)
