"""The OCS interface: capabilities, the user, app passwords. v1 says 100 for success, v2 says 200."""

from __future__ import annotations

from aiohttp import web

from smartfleet.lab.server.cloud import Cloud, CloudUser


def status(cloud: Cloud) -> web.Response:
    """`status.php`: what everybody may see."""
    return web.json_response(
        {
            "installed": True,
            "maintenance": cloud.maintenance,
            "needsDbUpgrade": False,
            "version": f"{cloud.version}.1",
            "versionstring": cloud.version,
            "edition": "",
            "productname": "Nextcloud",
            "extendedSupport": False,
        }
    )


def answer(api: str, data: object, *, code: int = 0, message: str = "OK") -> web.Response:
    """An OCS document; `code` 0 is success. v1 answers 200 even for errors, v2 uses the HTTP status."""
    success = 100 if api == "v1" else 200
    meta = {"status": "failure" if code else "ok", "statuscode": code or success, "message": message}
    http = code if code and api == "v2" else 200
    if code == 401:
        http = 401
    return web.json_response({"ocs": {"meta": meta, "data": data}}, status=http)


def capabilities(cloud: Cloud, url: str) -> dict[str, object]:
    """What the server says it can do; `url` is the name that it was asked under."""
    major, minor, micro = (int(part) for part in cloud.version.split("."))
    return {
        "version": {
            "major": major,
            "minor": minor,
            "micro": micro,
            "string": cloud.version,
            "edition": "",
            "extendedSupport": False,
        },
        "capabilities": {
            "core": {"pollinterval": 60, "webdav-root": "remote.php/webdav", "mod-rewrite-working": False},
            "dav": {"chunking": "1.0"},
            "files": {
                "bigfilechunking": True,
                "undelete": False,
                "versioning": False,
                "blacklisted_files": [".htaccess"],
            },
            "checksums": {"supportedTypes": ["SHA1", "MD5"], "preferredUploadType": "SHA1"},
            "theming": {"name": "Nextcloud", "url": url, "color": "#0082c9", "color-text": "#ffffff"},
        },
    }


def user_data(user: CloudUser) -> dict[str, object]:
    return {
        "id": user.uid,
        "display-name": user.display_name,
        "displayname": user.display_name,
        "email": None,
        "language": "en",
        "enabled": True,
        "quota": {"free": -3, "used": user.tree.root.size(), "total": -3, "relative": 0, "quota": -3},
    }


def handle(method: str, api: str, path: str, cloud: Cloud, user: CloudUser, *, password: str, url: str) -> web.Response:
    """One OCS request of a signed-in user. Apps that the lab does not have answer as missing apps do."""
    if method == "GET" and path == "cloud/capabilities":
        return answer(api, capabilities(cloud, url))
    if method == "GET" and path in {"cloud/user", f"cloud/users/{user.uid}"}:
        return answer(api, user_data(user))
    if method == "DELETE" and path == "core/apppassword":
        user.app_passwords.discard(password)
        return answer(api, [])
    if method == "GET" and path.startswith("core/navigation/"):
        return answer(api, [])
    return answer(api, [], code=404, message="Invalid query, please check the syntax.")
