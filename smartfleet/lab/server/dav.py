"""WebDAV on a user's files, and chunked uploads (v2)."""

from __future__ import annotations

import hashlib
import re
import time
import urllib.parse
from collections.abc import Awaitable, Callable

from aiohttp import web

from smartfleet.lab.server.cloud import CloudUser
from smartfleet.lab.server.propfind import chunk_list, multistatus, wanted_properties
from smartfleet.lab.server.tree import Node, TreeError

CHECKSUM = re.compile(r"^(SHA1|MD5|Adler32|SHA256):[0-9a-fA-F]+$")

Files = Callable[[web.Request, CloudUser, str, str], Awaitable[web.Response]]


async def files(request: web.Request, user: CloudUser, base: str, path: str) -> web.Response:
    """Answers any method on the file or folder `path` of `user`; `base` is the URL path of the root.

    TreeError where the tree refuses.
    """
    method = METHODS.get(request.method)
    if method is None:
        raise TreeError(405, f"{request.method} is not served")
    return await method(request, user, base, path)


async def _propfind(request: web.Request, user: CloudUser, base: str, path: str) -> web.Response:
    node = user.tree.get(path)
    nodes = [(path, node)]
    depth = request.headers.get("Depth", "1")
    if depth != "0" and node.children is not None:  # as Sabre: infinity counts as 1
        below = f"{path}/" if path else ""
        nodes += [(below + name, child) for name, child in node.children.items()]
    properties = wanted_properties(await request.read())
    return _xml(multistatus(user.tree, base, nodes, properties))


async def _proppatch(request: web.Request, user: CloudUser, base: str, path: str) -> web.Response:
    await request.read()
    return _xml(multistatus(user.tree, base, [(path, user.tree.get(path))], ["{DAV:}getlastmodified"]))


async def _get(request: web.Request, user: CloudUser, _base: str, path: str) -> web.Response:
    node = user.tree.get(path)
    if node.is_folder:
        raise TreeError(405, "a folder has no content")
    headers = _file_headers(user, node)
    headers["Accept-Ranges"] = "bytes"
    if node.checksum:
        headers["OC-Checksum"] = node.checksum
    begin = _range_start(request.headers.get("Range", ""), len(node.content))
    if begin is None:
        return web.Response(body=node.content, headers=headers, content_type="application/octet-stream")
    headers["Content-Range"] = f"bytes {begin}-{len(node.content) - 1}/{len(node.content)}"
    return web.Response(status=206, body=node.content[begin:], headers=headers, content_type="application/octet-stream")


def _range_start(header: str, size: int) -> int | None:
    """Where a resumed download goes on; only the form ``bytes=N-`` that clients send."""
    match = re.fullmatch(r"bytes=(\d+)-", header)
    return int(match[1]) if match and 0 < int(match[1]) < size else None


async def _put(request: web.Request, user: CloudUser, _base: str, path: str) -> web.Response:
    return _store(request, user, path, await request.read())


async def _mkcol(_request: web.Request, user: CloudUser, _base: str, path: str) -> web.Response:
    node = user.tree.make_folder(path, int(time.time()))
    return web.Response(status=201, headers={"OC-FileId": user.tree.oc_id(node)})


async def _delete(_request: web.Request, user: CloudUser, _base: str, path: str) -> web.Response:
    user.tree.delete(path)
    return web.Response(status=204)


async def _move(request: web.Request, user: CloudUser, base: str, path: str) -> web.Response:
    target = _destination(request, base)
    free = user.tree.move(path, target, overwrite=request.headers.get("Overwrite", "T") != "F")
    return web.Response(status=201 if free else 204, headers=_file_headers(user, user.tree.get(target)))


METHODS: dict[str, Files] = {
    "PROPFIND": _propfind,
    "PROPPATCH": _proppatch,
    "GET": _get,
    "HEAD": _get,
    "PUT": _put,
    "MKCOL": _mkcol,
    "DELETE": _delete,
    "MOVE": _move,
}


async def uploads(request: web.Request, user: CloudUser, base: str, path: str, files_base: str) -> web.Response:
    """Chunked upload v2: MKCOL the transfer, PUT its chunks, MOVE `.file` onto the file."""
    transfer, _, chunk = path.partition("/")
    if request.method == "MKCOL" and not chunk:
        user.uploads[transfer] = {}
        return web.Response(status=201)
    chunks = user.uploads.get(transfer)
    if chunks is None:
        raise TreeError(404, "the upload is not there")
    if request.method == "PUT" and chunk:
        chunks[chunk] = await request.read()
        return web.Response(status=201)
    if request.method == "PROPFIND":
        return _xml(chunk_list(f"{base}/{transfer}", chunks))
    if request.method == "DELETE":
        del user.uploads[transfer]
        return web.Response(status=204)
    if request.method == "MOVE" and chunk == ".file":
        # chunk names are numbers or offsets, padded or not; both count upward
        content = b"".join(chunks[name] for name in sorted(chunks, key=lambda name: (len(name), name)))
        response = _store(request, user, _destination(request, files_base), content)
        del user.uploads[transfer]
        return response
    raise TreeError(405, f"{request.method} is not served here")


def _store(request: web.Request, user: CloudUser, path: str, content: bytes) -> web.Response:
    """Writes a file from a PUT or from assembled chunks, with the headers that clients send along."""
    checksum = request.headers.get("OC-Checksum", "")
    if not CHECKSUM.match(checksum):
        checksum = ""
    if (
        checksum.startswith("SHA1:")
        and hashlib.sha1(content, usedforsecurity=False).hexdigest() != checksum[5:].lower()
    ):
        raise TreeError(400, "The computed checksum does not match the one received from the client.")
    length = request.headers.get("OC-Total-Length", "")
    if length.isdigit() and int(length) != len(content):
        raise TreeError(400, "expected filesize does not match the one received")
    mtime = request.headers.get("X-OC-Mtime", "").partition(".")[0]
    node, created = user.tree.put(
        path,
        content,
        int(mtime) if mtime.isdigit() else int(time.time()),
        checksum,
        if_match=_expected_etag(request),
    )
    headers = _file_headers(user, node)
    if mtime:
        headers["X-OC-MTime"] = "accepted"
    return web.Response(status=201 if created else 204, headers=headers)


def _expected_etag(request: web.Request) -> str:
    """The etag that the client last saw: `If-Match` of a PUT, `If: <URL> (["etag"])` of a chunked MOVE."""
    plain = request.headers.get("If-Match", "").strip('"')
    listed = re.search(r'\(\["([^"]*)"\]\)', request.headers.get("If", ""))
    return plain or (listed[1] if listed else "")


def _destination(request: web.Request, base: str) -> str:
    target = urllib.parse.unquote(urllib.parse.urlsplit(request.headers.get("Destination", "")).path)
    if not target.startswith(f"{base}/"):
        raise TreeError(400, "the destination lies outside the user's files")
    return target[len(base) + 1 :]


def _file_headers(user: CloudUser, node: Node) -> dict[str, str]:
    etag = f'"{node.etag}"'
    return {"ETag": etag, "OC-ETag": etag, "OC-FileId": user.tree.oc_id(node)}


def _xml(body: bytes) -> web.Response:
    return web.Response(status=207, body=body, content_type="application/xml", charset="utf-8")
