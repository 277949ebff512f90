"""PROPFIND and PROPPATCH: the XML of WebDAV with the properties of Nextcloud."""

from __future__ import annotations

import email.utils
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from xml.sax.saxutils import escape

from smartfleet.lab.server.tree import Node, Tree, TreeError

DAV = "{DAV:}"
OC = "{http://owncloud.org/ns}"
PREFIXES = {"DAV:": "d", "http://owncloud.org/ns": "oc", "http://nextcloud.org/ns": "nc"}
HEAD = (
    '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"'
    ' xmlns:nc="http://nextcloud.org/ns" xmlns:s="http://sabredav.org/ns">'
)
DEFAULT_PROPERTIES = (
    f"{DAV}resourcetype",
    f"{DAV}getlastmodified",
    f"{DAV}getcontentlength",
    f"{DAV}getetag",
)
FILE_PERMISSIONS = "RGDNVW"
FOLDER_PERMISSIONS = "RGDNVCK"


def wanted_properties(body: bytes) -> list[str]:
    """The properties that a request asks for, in ElementTree's ``{namespace}name`` form.

    An empty body or `allprop` asks for WebDAV's own. TreeError 400 for what is no XML, or declares entities.
    """
    if not body.strip():
        return list(DEFAULT_PROPERTIES)
    if b"<!" in body.replace(b"<!--", b""):
        raise TreeError(400, "document types are not taken")
    try:
        request = ET.fromstring(body)  # noqa: S314 - loopback only, and declarations were refused above
    except ET.ParseError as error:
        raise TreeError(400, "the request is no XML") from error
    names = request.find(f"{DAV}prop")
    if names is None:
        return list(DEFAULT_PROPERTIES)
    return [name.tag for name in names]


def multistatus(tree: Tree, base: str, nodes: Iterable[tuple[str, Node]], properties: list[str]) -> bytes:
    """The answer for `nodes`, given with their paths below `base` (``/remote.php/dav/files/UID``)."""
    parts = [HEAD]
    for path, node in nodes:
        href = urllib.parse.quote(f"{base}/{path}")
        if node.is_folder and not href.endswith("/"):
            href += "/"
        parts.append(
            f"<d:response><d:href>{escape(href)}</d:href>{_propstats(tree, node, path, properties)}</d:response>"
        )
    parts.append("</d:multistatus>")
    return "".join(parts).encode()


def chunk_list(base: str, chunks: dict[str, bytes]) -> bytes:
    """The answer for a PROPFIND on an upload under way, which clients send to resume it."""
    parts = [
        HEAD,
        f"<d:response><d:href>{escape(base)}/</d:href>{_ok('<d:resourcetype><d:collection/></d:resourcetype>')}",
    ]
    parts.append("</d:response>")
    for name, content in chunks.items():
        length = f"<d:resourcetype/><d:getcontentlength>{len(content)}</d:getcontentlength>"
        href = escape(urllib.parse.quote(f"{base}/{name}"))
        parts.append(f"<d:response><d:href>{href}</d:href>{_ok(length)}</d:response>")
    parts.append("</d:multistatus>")
    return "".join(parts).encode()


def _ok(properties: str) -> str:
    return f"<d:propstat><d:prop>{properties}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"


def _propstats(tree: Tree, node: Node, path: str, properties: list[str]) -> str:
    known = _values(tree, node, path)
    found = "".join(_element(name, known[name]) for name in properties if name in known)
    missing = "".join(_element(name, "") for name in properties if name not in known)
    answer = _ok(found)
    if missing:
        answer += f"<d:propstat><d:prop>{missing}</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>"
    return answer


def _element(name: str, value: str) -> str:
    namespace, _, local = name.removeprefix("{").rpartition("}")
    prefix = PREFIXES.get(namespace)
    if prefix is None:
        return f'<x:{local} xmlns:x="{escape(namespace)}"/>'
    return f"<{prefix}:{local}>{value}</{prefix}:{local}>" if value else f"<{prefix}:{local}/>"


def _values(tree: Tree, node: Node, path: str) -> dict[str, str]:
    """Everything the server can say of a node; values are XML."""
    size = str(node.size())
    values = {
        f"{DAV}resourcetype": "<d:collection/>" if node.is_folder else "",
        f"{DAV}getlastmodified": email.utils.formatdate(node.mtime, usegmt=True),
        f"{DAV}getetag": escape(f'"{node.etag}"', {'"': "&quot;"}),
        f"{OC}size": size,
        f"{OC}id": tree.oc_id(node),
        f"{OC}fileid": str(node.number),
        f"{OC}permissions": FOLDER_PERMISSIONS if node.is_folder else FILE_PERMISSIONS,
        f"{OC}share-types": "",
    }
    if not node.is_folder:
        values[f"{DAV}getcontentlength"] = size
        values[f"{OC}downloadURL"] = ""
        values[f"{OC}dDC"] = ""
        if node.checksum:
            values[f"{OC}checksums"] = f"<oc:checksum>{escape(node.checksum)}</oc:checksum>"
    if not path:
        values[f"{OC}data-fingerprint"] = ""
    return values
