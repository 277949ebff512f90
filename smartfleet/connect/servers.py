"""All checks of the server's names, old and new.

A failure of the new name stops a move. An old name that answers no more does not: the journals name the server too.
But an old name that redirects, or that leads to another server, must be mended first.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

import httpx

from smartfleet.connect.ladder import Answer, Ladder, Stop, failed, warning
from smartfleet.connect.network import open_port, resolve_name
from smartfleet.connect.target import Settings
from smartfleet.connect.tls import check_certificate
from smartfleet.model.doctor import Check, ServerCheckName
from smartfleet.nextcloud.server import ServerProbe, probe, same_instance
from smartfleet.text import visible

CHECKS: tuple[ServerCheckName, ...] = ("dns", "tcp", "tls", "status", "redirect", "maintenance", "instance")
_TRAPS = {"server/redirect", "server/other-instance"}


def check_servers(old: Sequence[str], new: str, settings: Settings, emit: Callable[[Check], None]) -> list[Check]:
    """The new name first, then each old one against it."""
    # a proxy of the admin's would answer in the server's place, and hide its certificate
    with httpx.Client(verify=settings.trust(), timeout=settings.timeout, trust_env=False) as client:
        ladders = [Ladder("server", new, emit)]
        target = _check(client, new, None, settings, ladders[0])
        for url in old:
            ladders.append(Ladder("server", url, emit, _weigh_old))
            _check(client, url, target, settings, ladders[-1])
    return [check for ladder in ladders for check in ladder.checks]


def _weigh_old(answer: Answer) -> Answer:
    if answer.state != "failed" or answer.code in _TRAPS:
        return answer
    why = "the move works without the old name, but clients that still use it are cut off until they are moved"
    return replace(answer, state="warning", why=why)


def _check(client: httpx.Client, url: str, new: ServerProbe | None, settings: Settings, ladder: Ladder) -> ServerProbe:
    """Fills `ladder` with the checks of `url`; `new` is given when `url` is an old name."""
    found = ServerProbe(url=url, state="unreachable")
    try:
        _reach(ladder, urlsplit(url), settings)
        found = probe(client, url)
        _answers(ladder, found, old=new is not None)
    except Stop:
        pass
    if found.state == "ok":
        ladder.add("instance", _instance(found, new))
    ladder.skip(CHECKS, "not asked: an earlier check failed")
    return found


def _reach(ladder: Ladder, parts: SplitResult, settings: Settings) -> None:
    name = parts.hostname or ""
    port = parts.port or (80 if parts.scheme == "http" else 443)
    with ladder.step("dns") as say:
        say(resolve_name(name, port))
    with ladder.step("tcp") as say:
        sock = open_port(name, port, settings.timeout)
        say(Answer(message=f"port {port}"))
    with sock, ladder.step("tls") as say:
        if parts.scheme == "https":
            say(check_certificate(sock, name, settings.trust(), timeout=settings.timeout))
        else:
            say(_plain(str(sock.getpeername()[0])))


def _plain(address: str) -> Answer:
    if ipaddress.ip_address(address).is_loopback:
        return Answer("skipped", "plain http on this machine itself", "connect/skipped")
    return warning(
        "server/plain-http",
        "the URL says http: passwords and files are sent in the clear",
        why="anyone on the way can read and change them",
        do="give the server a certificate and write https in smartfleet.yml",
    )


def _answers(ladder: Ladder, found: ServerProbe, *, old: bool) -> None:
    """status.php, the redirect trap and maintenance, from one probe."""
    with ladder.step("status") as say:
        if found.state in {"unreachable", "not-nextcloud"}:
            raise Stop(_no_status(found))
        say(Answer(message=f"Nextcloud {visible(found.version)}" if found.version else "answers"))
    with ladder.step("redirect") as say:
        if found.state == "redirect":
            raise Stop(_redirect(found, old=old))
        say(Answer(message="none"))
    with ladder.step("maintenance") as say:
        say(_maintenance(found))


def _no_status(found: ServerProbe) -> Answer:
    return failed(
        "server/no-status" if found.state == "unreachable" else "server/not-nextcloud",
        f"{visible(found.url)}/status.php: {visible(found.detail)}",
        why="a client asks this first, and stays offline without an answer",
        do=f"curl -i {found.url}/status.php   # untrusted domain? occ config:system:get trusted_domains",
    )


def _redirect(found: ServerProbe, *, old: bool) -> Answer:
    asked = f"{visible(found.url)}{found.redirected_path}"
    to = f"{asked} answers {found.http_status} and leads to {visible(found.redirect)}"
    if old:
        return failed(
            "server/redirect",
            f"the old name redirects: {to}",
            why="clients rewrite their own configuration then and ask every user to sign in at the next start; newer "
            "ones stop syncing; uploads hang",
            do="let the old name serve the same Nextcloud without a redirect (both names in trusted_domains: occ "
            "config:system:set trusted_domains 9 --value=OLDNAME) until the last client has moved",
        )
    return failed(
        "server/redirect",
        f"the new name redirects: {to}",
        why="clients would be moved to a name that sends them on at once",
        do="write the name it leads to into smartfleet.yml as servers.new, or remove the redirect",
    )


def _maintenance(found: ServerProbe) -> Answer:
    if found.maintenance or found.needs_upgrade:
        return failed(
            "server/maintenance",
            "the server is in maintenance mode" if found.maintenance else "the server's database waits for an upgrade",
            why="clients go offline, and a move could not be proven",
            do="occ upgrade; occ maintenance:mode --off",
        )
    return Answer(message="off")


def _instance(found: ServerProbe, new: ServerProbe | None) -> Answer:
    if not found.instance_id:
        return warning(
            "server/no-instance",
            "status.php set no session cookie, so the server did not say who it is",
            why="each host asks again before it moves, and refuses if it cannot be proven there either",
            do=f"curl -sI {found.url}/status.php   # is a cache or proxy removing Set-Cookie?",
        )
    same = same_instance(found, new) if new else True
    if same is False and new:
        return failed(
            "server/other-instance",
            f"{visible(found.url)} is server {found.instance_id}, {visible(new.url)} is server {new.instance_id}",
            why="clients moved to another server delete their local files, because that server does not have them",
            do="correct servers in smartfleet.yml, or the web server's configuration of one of the names",
        )
    return Answer(message=f"{found.instance_id}{', the same server' if new and same else ''}")
