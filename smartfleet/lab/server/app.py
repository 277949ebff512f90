"""The web application: names, redirects, maintenance, authentication and the access log around the interfaces."""

from __future__ import annotations

import secrets
import time

from aiohttp import BasicAuth, web

from smartfleet.lab.server import dav, login, ocs
from smartfleet.lab.server.cloud import Cloud, CloudUser
from smartfleet.lab.server.log import AccessLog, Request
from smartfleet.lab.server.tree import TreeError

MAX_BODY = 1 << 30
SABRE_ERROR = (
    '<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">'
    "<s:exception>{name}</s:exception><s:message>{message}</s:message></d:error>"
)


def make_app(cloud: Cloud, log: AccessLog) -> web.Application:
    """An application that serves `cloud` under all its names and writes `log`."""
    server = Server(cloud, log)
    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_route("*", "/{path:.*}", server.handle)
    return app


class Server:
    """Answers every request of one instance."""

    def __init__(self, cloud: Cloud, log: AccessLog) -> None:
        self.cloud = cloud
        self.log = log

    async def handle(self, request: web.Request) -> web.StreamResponse:
        user, password = self._signed_in(request)
        try:
            response = await self._answer(request, user, password)
        except TreeError as error:
            response = _error(error.status, str(error))
        self._write_log(request, response, user)
        return response

    async def _answer(self, request: web.Request, user: CloudUser | None, password: str) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        path = request.path[len(self.cloud.prefix) + 1 :]
        open_answer = await self._without_user(request, path)
        if open_answer is not None:
            return open_answer
        if self.cloud.maintenance:
            busy = {"X-Nextcloud-Maintenance-Mode": "1", "Retry-After": "120"}
            return _error(503, "System is in maintenance mode.", busy)
        if user is None:
            return _error(401, "No public access", {"WWW-Authenticate": 'Basic realm="Nextcloud", charset="UTF-8"'})
        return await self._with_user(request, path, user, password)

    def _refusal(self, request: web.Request) -> web.Response | None:
        """The answer to a request that is not for this instance: a redirecting or unknown name, a foreign path."""
        redirect = self.cloud.redirects.get(request.host)
        if redirect:
            return web.Response(status=redirect.status, headers={"Location": redirect.target + request.path_qs})
        if request.host not in self.cloud.names:
            return _error(400, "Access through untrusted domain")
        if not request.path.startswith(f"{self.cloud.prefix}/"):
            return _error(404, "nothing is here")
        return None

    async def _without_user(self, request: web.Request, path: str) -> web.Response | None:
        """What the server answers without authentication; None for everything else."""
        if path == "status.php":
            return self._with_cookies(ocs.status(self.cloud))
        if path == "index.php/204":
            return web.Response(status=204)
        if path == "index.php/login/v2" and request.method == "POST":
            return login.start(self.cloud, self._url(request), request.headers.get("User-Agent", ""))
        if path == "index.php/login/v2/poll" and request.method == "POST":
            return login.poll(self.cloud, str((await request.post()).get("token", "")))
        if path.startswith("index.php/login/v2/flow/"):
            return login.page(self.cloud, path.rpartition("/")[2])
        return None

    async def _with_user(self, request: web.Request, path: str, user: CloudUser, password: str) -> web.Response:
        dav_root = f"remote.php/dav/files/{user.uid}"
        base = f"{self.cloud.prefix}/{dav_root}"
        for root in (dav_root, "remote.php/webdav"):
            if path == root or path.startswith(f"{root}/"):
                return await dav.files(request, user, f"{self.cloud.prefix}/{root}", path[len(root) + 1 :].rstrip("/"))
        upload_root = f"remote.php/dav/uploads/{user.uid}"
        if path.startswith(f"{upload_root}/"):
            below = path[len(upload_root) + 1 :].rstrip("/")
            return await dav.uploads(request, user, f"{self.cloud.prefix}/{upload_root}", below, base)
        for api in ("v1", "v2"):
            if path.startswith(f"ocs/{api}.php/"):
                below = path[len(f"ocs/{api}.php/") :]
                return ocs.handle(
                    request.method, api, below, self.cloud, user, password=password, url=self._url(request)
                )
        return _error(404, "nothing is here")

    def _signed_in(self, request: web.Request) -> tuple[CloudUser | None, str]:
        header = request.headers.get("Authorization", "")
        if not header.lower().startswith("basic "):
            return None, ""
        try:
            auth = BasicAuth.decode(header, encoding="utf-8")
        except ValueError:
            return None, ""
        return self.cloud.authenticate(auth.login, auth.password), auth.password

    def _with_cookies(self, response: web.Response) -> web.Response:
        """The session cookie, whose NAME is the instance id: what clients' journals can be matched with."""
        path = f"{self.cloud.prefix}/"
        response.set_cookie("oc_sessionPassphrase", secrets.token_urlsafe(64), path=path, httponly=True, samesite="Lax")
        response.set_cookie("nc_sameSiteCookielax", "true", path="/", httponly=True, samesite="lax")
        response.set_cookie("nc_sameSiteCookiestrict", "true", path="/", httponly=True, samesite="strict")
        response.set_cookie(self.cloud.instance, secrets.token_hex(13), path=path, httponly=True, samesite="Lax")
        return response

    def _url(self, request: web.Request) -> str:
        return f"{request.scheme}://{request.host}{self.cloud.prefix}"

    def _write_log(self, request: web.Request, response: web.Response, user: CloudUser | None) -> None:
        self.log.write(
            Request(
                time=time.time(),
                method=request.method,
                path=request.path,
                host=request.host,
                agent=request.headers.get("User-Agent", ""),
                user=user.uid if user else "",
                status=response.status,
                received=request.content_length or 0,
                sent=len(response.body) if isinstance(response.body, bytes) else 0,
            )
        )


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    text = SABRE_ERROR.format(name=r"Sabre\DAV\Exception", message=message.replace("&", "&amp;").replace("<", "&lt;"))
    return web.Response(status=status, text=text, content_type="application/xml", headers=headers)
