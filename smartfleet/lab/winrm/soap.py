"""SOAP messages of WS-Management: reading a request, writing an answer or a fault."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from smartfleet.lab.winrm.wsfault import BAD_MESSAGE, WsFault

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
WSMAN_FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

MAX_ENVELOPE = 512_000
"""MaxEnvelopeSizekb of Windows 8 and later: no message either way is longer."""
DEFAULT_TIMEOUT = 60.0
"""MaxTimeoutms of a fresh Windows, seconds: how long an operation may wait if the client says nothing."""
_DURATION = re.compile(r"PT(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,7}(?:\.\d{1,6})?)S)?")
_NAMES = (
    f'xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}" xmlns:x="{TRANSFER}" '
    'xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" xml:lang="en-US"'
)


@dataclass(frozen=True)
class Request:
    """One message. `action` is the last part of the action's address (``Create``); times are seconds, sizes bytes."""

    action: str
    action_uri: str
    message_id: str
    resource: str
    shell_id: str
    timeout: float
    max_envelope: int
    options: dict[str, str]
    body: ET.Element

    def first(self, name: str) -> ET.Element | None:
        """The first element of the body with this name of the shell's namespace."""
        return self.body.find(f".//{{{SHELL}}}{name}")


def parse_xml(data: bytes) -> ET.Element:
    """The root element; WsFault for anything that is not plain UTF-8 XML. Document types are refused, and with them
    every entity that a message could declare.
    """
    try:
        text = data.decode("utf-8-sig")
        if "<!DOCTYPE" in text:
            raise BAD_MESSAGE
        return ET.fromstring(text)  # noqa: S314 - no document type, so no entities
    except (UnicodeDecodeError, ET.ParseError) as error:
        raise BAD_MESSAGE from error


def parse(root: ET.Element) -> Request:
    """The request in an envelope; WsFault if what every request has is missing."""
    header = root.find(f"{{{SOAP}}}Header")
    body = root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or header is None or body is None:
        raise BAD_MESSAGE
    action = _text(header, ADDRESSING, "Action")
    message_id = _text(header, ADDRESSING, "MessageID")
    if not action or not message_id:
        raise BAD_MESSAGE
    return Request(
        action=action.rpartition("/")[2],
        action_uri=action,
        message_id=message_id,
        resource=_text(header, WSMAN, "ResourceURI"),
        shell_id=_named(header, "Selector").get("ShellId", ""),
        timeout=seconds(_text(header, WSMAN, "OperationTimeout")),
        max_envelope=_size(_text(header, WSMAN, "MaxEnvelopeSize")),
        options=_named(header, "Option"),
        body=body,
    )


def is_identify(root: ET.Element) -> bool:
    """Whether the message asks what service this is; it may come without an address and without signing in."""
    return root.find(f"{{{SOAP}}}Body/{{{IDENTITY}}}Identify") is not None


def seconds(duration: str) -> float:
    """``PT20S`` as 20.0; the default if the text is no duration or none at all."""
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groups()):
        return DEFAULT_TIMEOUT
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def answer(request: Request, body: str) -> bytes:
    """The answer to `request` with this body (XML text that uses the prefixes s, a, w, rsp and x)."""
    return _envelope(f"{request.action_uri}Response", request.message_id, body)


def fault(error: WsFault, *, message_id: str, machine: str) -> bytes:
    """A fault as Windows writes it; `message_id` is empty if the request could not be read."""
    body = (
        f"<s:Fault><s:Code><s:Value>s:{error.blames}</s:Value><s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{escape(error.message)}</s:Text></s:Reason>'
        f'<s:Detail><f:WSManFault xmlns:f="{WSMAN_FAULT}" Code="{error.code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{escape(error.message)}</f:Message></f:WSManFault></s:Detail></s:Fault>"
    )
    return _envelope(FAULT_ACTION, message_id, body)


def identity(*, product: str, profiles: list[str]) -> bytes:
    """What the service says about itself; `profiles` are the ways to sign in, which only signed-in clients are told."""
    names = "".join(f"<wsmid:SecurityProfileName>{escape(name)}</wsmid:SecurityProfileName>" for name in profiles)
    listed = f"<wsmid:SecurityProfiles>{names}</wsmid:SecurityProfiles>" if profiles else ""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{IDENTITY}">'
        "<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>{escape(product)}</wsmid:ProductVersion>{listed}"
        "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
    ).encode()


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    return (
        f"<s:Envelope {_NAMES}><s:Header><a:Action>{escape(action)}</a:Action>"
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{ANONYMOUS}</a:To>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _text(header: ET.Element, namespace: str, name: str) -> str:
    return (header.findtext(f"{{{namespace}}}{name}") or "").strip()


def _named(header: ET.Element, name: str) -> dict[str, str]:
    """Selectors or options by their name."""
    return {
        key: (element.text or "").strip()
        for element in header.iter(f"{{{WSMAN}}}{name}")
        if (key := element.get("Name"))
    }


def _size(text: str) -> int:
    return min(int(text), MAX_ENVELOPE) if text.isascii() and text.isdigit() and len(text) < 12 else MAX_ENVELOPE
