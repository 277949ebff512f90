"""Everything that a lab consists of while it runs, and the operations that `smartfleet.lab.lab` calls on it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import shutil
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncssh
from aiohttp import web

from smartfleet.errors import LabError
from smartfleet.lab.absent import Absence
from smartfleet.lab.daemon.leftovers import end_noted_clients
from smartfleet.lab.daemon.sessions import HostUser
from smartfleet.lab.daemon.ssh import SshHost
from smartfleet.lab.daemon.windows import WindowsHosts
from smartfleet.lab.daemon.wire import Traffic
from smartfleet.lab.daemon.workers import LabWorkers
from smartfleet.lab.desktop.install import install_client
from smartfleet.lab.layout import ADMIN, Layout
from smartfleet.lab.server.cloud import Cloud, CloudUser, Redirect
from smartfleet.lab.server.log import AccessLog
from smartfleet.lab.server.running import serve
from smartfleet.lab.session.notifications import Answer


@dataclass
class Server:
    """One instance that listens."""

    cloud: Cloud
    log: AccessLog
    runner: web.AppRunner
    port: int


@dataclass
class Host:
    """One machine of the lab."""

    ssh: SshHost
    users: dict[str, HostUser] = field(default_factory=dict)


class World:
    """A running lab. The public coroutines are its operations; their arguments and results are JSON."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.windows = WindowsHosts(layout)
        self.workers = LabWorkers(layout)
        self._servers: dict[str, Server] = {}
        self._hosts: dict[str, Host] = {}

    async def open(self) -> dict[str, str]:
        """Starts the servers; the URLs: old and new name of the first one, the other, foreign one, the installers."""
        self._layout.keys.mkdir(mode=0o700, exist_ok=True)
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(self._layout.admin_key)
        self._layout.admin_key.chmod(0o600)
        key.write_public_key(self._layout.admin_key.with_suffix(".pub"))
        self._layout.known_hosts.touch()
        port = await self._start_server("cloud")
        other = await self._start_server("other")
        return {
            "old_url": f"http://localhost:{port}",
            "new_url": f"http://127.0.0.1:{port}",
            "other_url": f"http://localhost:{other}",
            "downloads_url": await self.windows.open(),
        }

    async def close(self) -> None:
        """Ends everything: workers, clients, sessions, hosts, servers."""
        await self.workers.close()
        for host in self._hosts.values():
            await host.ssh.close()
            for user in host.users.values():
                await user.log_off()
            await asyncio.to_thread(end_noted_clients, host.ssh.root)
        await self.windows.close()
        for server in self._servers.values():
            await server.runner.cleanup()
            server.log.close()

    async def add_account(self, server: str, uid: str, login: str = "", display_name: str = "") -> str:
        """A user on a server, if he is not there yet, and a new app password of his."""
        cloud = self._servers[server].cloud
        if uid not in cloud.users:
            cloud.add_user(uid, login=login, display_name=display_name)
        return cloud.add_app_password(uid)

    async def put(self, server: str, uid: str, path: str, content: str, mtime: int, *, checksum: bool = True) -> str:
        """Writes a file (base64) with the folders above it, as if another device had; its etag."""
        data = base64.b64decode(content)
        tree = self._user(server, uid).tree
        tree.make_folders(path.rpartition("/")[0], mtime)
        digest = f"SHA1:{hashlib.sha1(data, usedforsecurity=False).hexdigest()}" if checksum else ""
        return tree.put(path, data, mtime, digest)[0].etag

    async def delete(self, server: str, uid: str, path: str) -> None:
        self._user(server, uid).tree.delete(path)

    async def files(self, server: str, uid: str) -> dict[str, str]:
        """Path to SHA-1 of the content, for every file of the user."""
        return {
            path: hashlib.sha1(node.content, usedforsecurity=False).hexdigest()
            for path, node in self._user(server, uid).tree.walk()
            if not node.is_folder
        }

    async def set_redirect(self, server: str, name: str, target: str, status: int = 301) -> None:
        """Makes a host name (``localhost`` without its port) redirect to `target`; an empty target ends that."""
        running = self._servers[server]
        host = f"{name}:{running.port}"
        running.cloud.redirects.pop(host, None)
        if target:
            running.cloud.redirects[host] = Redirect(status, target)

    async def set_maintenance(self, server: str, *, on: bool) -> None:
        self._servers[server].cloud.maintenance = on

    async def waiting_sign_ins(self, server: str) -> int:
        """How many clients wait for a person to sign in."""
        return sum(not flow.app_password for flow in self._servers[server].cloud.sign_ins)

    async def grant_sign_ins(self, server: str, uid: str) -> None:
        """Signs everybody in who waits, as `uid`."""
        cloud = self._servers[server].cloud
        for flow in cloud.sign_ins:
            cloud.grant(flow, uid)

    async def add_host(self, name: str, *, listening: bool = True, version: str = "3.7.3", qt: int = 5) -> int:
        """A machine with an admin's home and the desktop client; its SSH port."""
        if self._layout.root(name).exists():
            raise LabError("lab/host-exists", f"there is a host {name} already")
        root = self._layout.root(name)
        for folder in (f"home/{ADMIN}", "etc", "usr/bin", "var/lib", "run/user"):
            (root / folder).mkdir(parents=True)
        install_client(root, version=version, qt=qt)
        ssh = SshHost(root, asyncssh.generate_private_key("ssh-ed25519"), self._layout.admin_key.with_suffix(".pub"))
        await (ssh.listen() if listening else ssh.leave())
        self._hosts[name] = Host(ssh)
        known = ssh.host_key.export_public_key().decode().strip()
        with self._layout.known_hosts.open("a", encoding="utf-8") as file:
            file.write(f"[127.0.0.1]:{ssh.port} {known}\n")
        return ssh.port

    async def remove_host(self, name: str) -> None:
        """Ends a machine and removes its files."""
        host = self._hosts.pop(name)
        await host.ssh.close()
        for user in host.users.values():
            await user.log_off()
        await asyncio.to_thread(end_noted_clients, host.ssh.root)
        await asyncio.to_thread(shutil.rmtree, host.ssh.root, ignore_errors=True)

    async def set_listening(self, name: str, *, on: bool, absence: Absence = "refuses") -> None:
        """Switches a machine on or off for SSH."""
        ssh = self._hosts[name].ssh
        await (ssh.listen() if on else ssh.leave(absence))

    async def change_host_key(self, name: str) -> None:
        """Gives a machine another host key, which nobody has been told of."""
        ssh = self._hosts[name].ssh
        await ssh.leave()
        ssh.host_key = asyncssh.generate_private_key("ssh-ed25519")
        await ssh.listen()

    async def ssh_traffic(self, name: str, *, reset: bool = False) -> Traffic:
        """What went over the SSH connections of a machine since it began, or since the last reset."""
        wire = self._hosts[name].ssh.wire
        found = wire.traffic()
        if reset:
            wire.reset()
        return found

    async def add_user(self, host: str, user: str) -> str:
        """A person on a machine; the home folder."""
        person = HostUser(user, self._hosts[host].ssh.root)
        person.make_home()
        self._hosts[host].users[user] = person
        return os.fspath(person.home)

    async def log_on(self, host: str, user: str, *, locked: bool = False) -> str:
        """A desktop session; the address of its bus. `locked`: its keyring waits for a password."""
        person = self._person(host, user)
        await person.log_on(locked=locked)
        return person.bus_address

    async def log_off(self, host: str, user: str) -> None:
        await self._person(host, user).log_off()
        await asyncio.to_thread(end_noted_clients, self._hosts[host].ssh.root, user=user)

    async def secret_names(self, host: str, user: str) -> list[str]:
        """The key names in a user's keyring."""
        return sorted(secret.attributes.get("user", "") for secret in self._person(host, user).keyring.secrets.values())

    async def forget_secret(self, host: str, user: str, key: str) -> None:
        """Takes an entry out of a user's keyring."""
        keyring = self._person(host, user).keyring
        for secret in keyring.search({"user": key}):
            del keyring.secrets[secret.number]

    async def notices(self, host: str, user: str) -> list[dict[str, Any]]:
        """What a user was shown, oldest first: `Notice` of smartfleet.lab.session.notifications."""
        return [asdict(notice) for notice in self._person(host, user).screen.notices]

    async def will_answer(self, host: str, user: str, answer: Answer) -> None:
        """What a user does with questions from now on."""
        self._person(host, user).screen.will_answer = answer

    async def start_client(self, host: str, user: str) -> int:
        """Starts the desktop client in the user's session; its pid."""
        return await self._person(host, user).start_client()

    async def time(self) -> float:
        """The daemon's clock, for reading the access log from a moment on."""
        return time.time()

    def _user(self, server: str, uid: str) -> CloudUser:
        return self._servers[server].cloud.users[uid]

    def _person(self, host: str, user: str) -> HostUser:
        return self._hosts[host].users[user]

    async def _start_server(self, name: str) -> int:
        cloud = Cloud()
        log = AccessLog(self._layout.access_log(name))
        runner, port = await serve(cloud, log)
        cloud.names |= {f"localhost:{port}", f"127.0.0.1:{port}"}
        self._servers[name] = Server(cloud, log, runner, port)
        return port
