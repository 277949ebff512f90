"""How Ansible would reach a Windows host: the variables of its connection plugins winrm and psrp, one meaning. Pure.

Names and defaults are those of ansible-core's `plugins/connection/winrm.py` and `psrp.py`; of several variables for one
option the more special wins.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Literal

from smartfleet.connect.target import Target, password, text_var

Plugin = Literal["winrm", "psrp"]
Scheme = Literal["http", "https"]
Method = Literal["basic", "certificate", "ntlm", "kerberos", "credssp"]

HTTP, HTTPS = 5985, 5986
# pywinrm and pypsrp: seconds of one operation on the host, and of waiting for the answer to it
_OPERATION, _READ = 20, 30
_WINRM: dict[str, Method] = {
    "basic": "basic", "plaintext": "basic", "certificate": "certificate", "ntlm": "ntlm", "kerberos": "kerberos",
    "credssp": "credssp",
}  # fmt: skip
_PSRP: dict[str, Method] = {
    "basic": "basic", "certificate": "certificate", "ntlm": "ntlm", "kerberos": "kerberos", "credssp": "credssp",
}  # fmt: skip
PASSWORDS = ("ansible_winrm_password", "ansible_winrm_pass", "ansible_password")


@dataclass(frozen=True)
class Route:
    """Where the connection goes, how it is secured and what it presents."""

    plugin: Plugin
    address: str
    port: int
    scheme: Scheme
    path: str
    method: Method
    user: str
    password: str = field(repr=False)
    certificate: str
    certificate_key: str
    trust_file: str
    checked: bool
    encryption: Literal["auto", "always", "never"]
    operation_timeout: int
    read_timeout: int
    managed: bool
    kinit: str
    service: str
    kerberos_host: str

    @property
    def endpoint(self) -> str:
        try:
            host = f"[{ipaddress.IPv6Address(self.address)}]"
        except ValueError:
            host = self.address
        return f"{self.scheme}://{host}:{self.port}/{self.path.lstrip('/')}"

    @property
    def sealed(self) -> bool:
        """Whether nobody on the way can read it: by TLS, or by the messages' own encryption."""
        if self.scheme == "https":
            return True
        return self.encryption != "never" and self.method in {"ntlm", "kerberos", "credssp"}

    @property
    def trust_variable(self) -> str:
        return "ansible_winrm_ca_trust_path" if self.plugin == "winrm" else "ansible_psrp_ca_cert"

    @property
    def validation_variable(self) -> str:
        return "ansible_winrm_server_cert_validation" if self.plugin == "winrm" else "ansible_psrp_cert_validation"

    @property
    def method_variable(self) -> str:
        return "ansible_winrm_transport" if self.plugin == "winrm" else "ansible_psrp_auth"

    @property
    def account(self) -> str:
        """The account's own name, without its domain."""
        return self.user.rpartition("\\")[2].partition("@")[0]

    @property
    def domain(self) -> str:
        """As the inventory writes it: "." and the machine's own name are no domain; "" where none is named."""
        before, _, _ = self.user.rpartition("\\")
        named = before or self.user.partition("@")[2]
        short = self.address.partition(".")[0].casefold()
        return "" if named == "." or named.casefold() == short else named

    @property
    def local(self) -> bool:
        r"""The account surely belongs to the machine itself: ``.\name`` or ``MACHINE\name``."""
        return "\\" in self.user and not self.domain


def resolve(target: Target, *, kerberos_at_hand: bool = False) -> Route:
    """The route to `target`; ValueError where an option has no meaning.

    `kerberos_at_hand`: the Python packages for it are there, so psrp's ``negotiate`` takes it for accounts of a realm.
    """
    route = _winrm(target) if target.connection != "psrp" else _psrp(target, kerberos_at_hand=kerberos_at_hand)
    if route.method == "certificate":
        if route.scheme == "http":
            raise ValueError("certificate authentication works over https alone")
        if not route.certificate or not route.certificate_key:
            prefix = "ansible_winrm_cert_" if route.plugin == "winrm" else "ansible_psrp_certificate_"
            raise ValueError(f"certificate authentication needs {prefix}pem and {prefix}key_pem")
    if route.operation_timeout < 1 or route.read_timeout <= route.operation_timeout:
        raise ValueError(
            f"the read timeout ({route.read_timeout} s) must exceed the operation timeout ({route.operation_timeout} s)"
        )
    return route


def _winrm(target: Target) -> Route:
    port = _number(target, "ansible_winrm_port") or target.port or HTTPS
    scheme = _scheme(text_var(target, "ansible_winrm_scheme") or ("http" if port == HTTP else "https"))
    seconds = _number(target, "ansible_winrm_connection_timeout")
    operation = seconds or _number(target, "ansible_winrm_operation_timeout_sec") or _OPERATION
    read = seconds + 10 if seconds else _number(target, "ansible_winrm_read_timeout_sec") or _READ
    certificate = text_var(target, "ansible_winrm_cert_pem")
    secret = password(target, *PASSWORDS)
    mode = text_var(target, "ansible_winrm_kinit_mode")
    return Route(
        plugin="winrm",
        address=target.address,
        port=port,
        scheme=scheme,
        path=text_var(target, "ansible_winrm_path") or "wsman",
        method=_winrm_method(target, scheme, certificate),
        user=target.user or "",
        password=secret,
        certificate=certificate,
        certificate_key=text_var(target, "ansible_winrm_cert_key_pem"),
        trust_file=text_var(target, "ansible_winrm_ca_trust_path"),
        checked=text_var(target, "ansible_winrm_server_cert_validation") != "ignore",
        encryption=_encryption(text_var(target, "ansible_winrm_message_encryption")),
        operation_timeout=operation,
        read_timeout=read,
        managed=mode == "managed" or (mode != "manual" and bool(secret)),
        kinit=text_var(target, "ansible_winrm_kinit_cmd") or "kinit",
        service=text_var(target, "ansible_winrm_service") or "HTTP",
        kerberos_host=text_var(target, "ansible_winrm_kerberos_hostname_override"),
    )


def _psrp(target: Target, *, kerberos_at_hand: bool) -> Route:
    port = _number(target, "ansible_psrp_port") or target.port
    named = text_var(target, "ansible_psrp_protocol")
    scheme = _scheme(named or ("http" if port == HTTP else "https"))
    auth = text_var(target, "ansible_psrp_auth") or "negotiate"
    if auth == "negotiate":
        auth = "kerberos" if kerberos_at_hand and "@" in (target.user or "") else "ntlm"
    secret = password(target, *PASSWORDS)
    return Route(
        plugin="psrp",
        address=target.address,
        port=port or (HTTP if scheme == "http" else HTTPS),
        scheme=scheme,
        path=text_var(target, "ansible_psrp_path") or "wsman",
        method=_known(auth, _PSRP, "ansible_psrp_auth"),
        user=target.user or "",
        password=secret,
        certificate=text_var(target, "ansible_psrp_certificate_pem"),
        certificate_key=text_var(target, "ansible_psrp_certificate_key_pem"),
        trust_file=text_var(target, "ansible_psrp_ca_cert", "ansible_psrp_cert_trust_path"),
        checked=text_var(target, "ansible_psrp_cert_validation") != "ignore",
        encryption=_encryption(text_var(target, "ansible_psrp_message_encryption")),
        operation_timeout=_number(target, "ansible_psrp_operation_timeout") or _OPERATION,
        read_timeout=_number(target, "ansible_psrp_read_timeout") or _READ,
        managed=bool(secret),
        kinit="kinit",
        service=text_var(target, "ansible_psrp_negotiate_service") or _psrp_service(),
        kerberos_host=text_var(target, "ansible_psrp_negotiate_hostname_override"),
    )


def _psrp_service() -> str:
    """The plugin's default, which changed with ansible-core 2.21."""
    major, minor = version("ansible-core").split(".")[:2]
    return "host" if (int(major), int(minor)) >= (2, 21) else "WSMAN"


def with_files_from(route: Route, folder: str) -> Route:
    """Runs work in the fleet folder: relative names of files are meant from there."""
    return replace(
        route,
        certificate=_absolute(route.certificate, folder),
        certificate_key=_absolute(route.certificate_key, folder),
        trust_file=_absolute(route.trust_file, folder),
    )


def _absolute(name: str, folder: str) -> str:
    return name if not name or name.startswith("/") else f"{folder.rstrip('/')}/{name}"


def _winrm_method(target: Target, scheme: Scheme, certificate: str) -> Method:
    """The first of the transports; Ansible tries the others with the same password, which the doctor does not."""
    value = target.vars.get("ansible_winrm_transport")
    named = value if isinstance(value, list) else str(value or "").split(",")
    first = str(named[0]).strip() if named else ""
    if not first:
        return "kerberos" if "@" in (target.user or "") else "certificate" if certificate else "basic"
    if first == "ssl":
        if scheme == "http":
            raise ValueError("ansible_winrm_transport ssl works over https alone")
        return "certificate" if certificate else "basic"
    return _known(first, _WINRM, "ansible_winrm_transport")


def _known(name: str, methods: dict[str, Method], variable: str) -> Method:
    if name not in methods:
        raise ValueError(f"{variable}: {name} is none of {', '.join(methods)}")
    return methods[name]


def _scheme(name: str) -> Scheme:
    if name == "http":
        return "http"
    if name == "https":
        return "https"
    raise ValueError(f"the scheme is http or https, not {name}")


def _encryption(name: str) -> Literal["auto", "always", "never"]:
    if name == "always":
        return "always"
    return "never" if name == "never" else "auto"


def _number(target: Target, variable: str) -> int:
    text = text_var(target, variable)
    if text and not (text.isascii() and text.isdigit()):
        raise ValueError(f"{variable} is no number: {text}")
    return int(text) if text else 0
