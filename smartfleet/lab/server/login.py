"""Login flow v2: how a client without a password gets one, with a person's consent in a browser."""

from __future__ import annotations

from aiohttp import web

from smartfleet.lab.server.cloud import Cloud


def start(cloud: Cloud, url: str, agent: str) -> web.Response:
    """POST `/index.php/login/v2`; `url` is the server's name as the client used it."""
    flow = cloud.start_sign_in(url, agent)
    return web.json_response(
        {
            "poll": {"token": flow.poll_token, "endpoint": f"{url}/index.php/login/v2/poll"},
            "login": f"{url}/index.php/login/v2/flow/{flow.page_token}",
        }
    )


def poll(cloud: Cloud, token: str) -> web.Response:
    """POST `.../poll`: 404 until the person has agreed, then the password, once."""
    for flow in cloud.sign_ins:
        if flow.poll_token == token and flow.app_password:
            cloud.sign_ins.remove(flow)
            return web.json_response({"server": flow.server, "loginName": flow.login, "appPassword": flow.app_password})
    return web.json_response([], status=404)


def page(cloud: Cloud, token: str) -> web.Response:
    """The page that a browser would open. The lab's person agrees over the control connection instead."""
    known = any(flow.page_token == token for flow in cloud.sign_ins)
    return web.Response(text="Sign in to the lab with `smartfleet lab`.\n", status=200 if known else 404)
