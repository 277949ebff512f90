"""Is it WinRM at all, and which ways of signing in does it offer: asked without any login."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass

import httpx

from smartfleet.connect.ladder import Answer, Stop, failed, warning
from smartfleet.connect.windows.route import Route
from smartfleet.text import visible

# [MS-WSMV] 3.1.4.1.37: a header lets the question through without a login
_IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:w="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><w:Identify/>'
    "</s:Body></s:Envelope>"
)
_SOAP = {"Content-Type": "application/soap+xml;charset=UTF-8"}
_OFFERED = {
    "basic": {"basic"},
    "ntlm": {"negotiate", "ntlm"},
    "kerberos": {"kerberos", "negotiate"},
    "credssp": {"credssp"},
}
_MARGIN = 10
_LIMIT = 64 * 1024


@dataclass(frozen=True)
class Identity:
    """What answers. `methods`: names of HTTP authentication, in lower case; empty where it named none."""

    answer: Answer
    methods: frozenset[str] = frozenset()


def identify(route: Route, trust: ssl.SSLContext | None, timeout: float) -> Identity:
    """Stop if what answers is no WinRM. Without `trust` its certificate is not checked."""
    try:
        # a proxy of the admin's would answer in the host's place
        with httpx.Client(verify=trust or False, timeout=timeout, trust_env=False) as client:
            named, text, _ = _post(client, route, {"WSMANIDENTIFY": "unauthenticated"}, _IDENTIFY)
            asked, _, offered = _post(client, route, {}, "")
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        raise Stop(_no_winrm(route, visible(str(error)) or type(error).__name__)) from error
    methods = frozenset(re.split(r"[ ,]", one.strip())[0].lower() for one in offered if one.strip())
    return Identity(judge(route, named, text, asked, methods), methods)


def _post(client: httpx.Client, route: Route, headers: dict[str, str], content: str) -> tuple[int, str, list[str]]:
    """Status, the beginning of the text (whoever answers may never end), and the ways of signing in."""
    with client.stream("POST", route.endpoint, headers=_SOAP | headers, content=content) as response:
        begin = next(response.iter_bytes(_LIMIT), b"").decode("utf-8", "replace")
        return response.status_code, begin, response.headers.get_list("www-authenticate")


def judge(route: Route, status: int, text: str, asked: int, methods: frozenset[str]) -> Answer:
    """What the two answers mean. Stop if it is no WinRM. Pure."""
    if "IdentifyResponse" not in text and not (asked == 401 and methods & {"negotiate", "kerberos"}):
        raise Stop(_no_winrm(route, f"it answers {status}"))
    product = re.search(r"ProductVersion>([^<]{1,100})<", text)
    version = visible(product[1]) if product else "WinRM"
    margin = route.read_timeout - route.operation_timeout
    if margin < _MARGIN:
        return warning(
            "connect/winrm-timeouts",
            f"{version}; the read timeout is only {margin} s longer than the operation timeout",
            why="a host that is busy answers a little late, and Ansible takes it for lost",
            do="set them wider apart: docs/windows.md, 'Timeouts'",
        )
    return Answer(message=version)


def judge_offer(route: Route, methods: frozenset[str]) -> None:
    """Stop if the host says that it does not take the login that the inventory chose. Pure.

    Certificates are not announced this way, and a host that names nothing is asked all the same.
    """
    wanted = _OFFERED.get(route.method)
    if not methods or not wanted or wanted & methods:
        return
    enable = {
        "basic": "Set-Item WSMan:\\localhost\\Service\\Auth\\Basic $true",
        "credssp": "Enable-WSManCredSSP -Role Server -Force",
    }.get(route.method, "Set-Item WSMan:\\localhost\\Service\\Auth\\Negotiate $true")
    raise Stop(
        failed(
            "connect/auth-method",
            f"the host does not offer {route.method}; it offers {visible(', '.join(sorted(methods)))}",
            why="no password would be let in this way, so none was sent",
            do=f"set {route.method_variable} to ntlm or kerberos, or on the host: {enable}",
        )
    )


def _no_winrm(route: Route, said: str) -> Answer:
    return failed(
        "connect/not-winrm",
        f"{visible(route.address)} port {route.port} is open, but no WinRM answers there ({said})",
        why="Ansible speaks WS-Management alone with Windows hosts",
        do="on the host, as administrator: winrm quickconfig; winrm enumerate winrm/config/listener",
    )
