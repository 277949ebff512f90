"""The control connection: operations as JSON over HTTP on loopback, for whoever can read the lab's token."""

from __future__ import annotations

import hmac
import json
from typing import Any

from aiohttp import web

from smartfleet.errors import LabError
from smartfleet.lab.daemon.windows import WindowsHosts
from smartfleet.lab.daemon.workers import LabWorkers
from smartfleet.lab.daemon.world import World
from smartfleet.lab.server.app import MAX_BODY
from smartfleet.lab.server.tree import TreeError

OPERATIONS = frozenset(
    {
        "add_account",
        "put",
        "delete",
        "files",
        "set_redirect",
        "set_maintenance",
        "waiting_sign_ins",
        "grant_sign_ins",
        "add_host",
        "remove_host",
        "set_listening",
        "change_host_key",
        "ssh_traffic",
        "add_user",
        "log_on",
        "log_off",
        "secret_names",
        "forget_secret",
        "notices",
        "will_answer",
        "start_client",
        "time",
    }
)
WINDOWS_OPERATIONS = frozenset(
    {
        "add_windows_host",
        "remove_windows_host",
        "set_windows_listening",
        "set_winrm_faults",
        "winrm_traffic",
        "offer_msi",
    }
)
WORKER_OPERATIONS = frozenset({"add_workers", "worker_processes", "power_off_worker"})
TOKEN_HEADER = "X-Lab-Token"  # noqa: S105 - the header's name


def control_app(world: World, token: str) -> web.Application:
    """POST /NAME with a JSON object of arguments answers ``{"result": ...}`` or ``{"code":, "message":}``."""
    parts: dict[str, World | WindowsHosts | LabWorkers] = {
        **dict.fromkeys(OPERATIONS, world),
        **dict.fromkeys(WINDOWS_OPERATIONS, world.windows),
        **dict.fromkeys(WORKER_OPERATIONS, world.workers),
    }

    async def handle(request: web.Request) -> web.Response:
        given = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return web.json_response({"code": "lab/token", "message": "wrong token"}, status=403)
        name = request.match_info["name"]
        part = parts.get(name)
        if part is None:
            return web.json_response({"code": "lab/operation", "message": f"no operation {name}"}, status=404)
        return await _call(part, name, json.loads(await request.read()))

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post("/{name}", handle)
    return app


async def _call(part: World | WindowsHosts | LabWorkers, name: str, arguments: dict[str, Any]) -> web.Response:
    try:
        result = await getattr(part, name)(**arguments)
    except LabError as error:
        return web.json_response({"code": error.code, "message": error.message}, status=409)
    except (KeyError, TreeError) as error:
        return web.json_response({"code": "lab/unknown", "message": f"{name}: {error} is not known"}, status=409)
    return web.json_response({"result": result})
