"""The faults of Windows' WS-Management service that an endpoint answers with: subcode, number and words.

Numbers are those of ``wsmerror.h``, or of Windows itself below 65536.
"""

from __future__ import annotations


class WsFault(Exception):  # noqa: N818 - a fault is what SOAP calls it
    """Answered with status 500. `blames` is ``Sender`` or ``Receiver``."""

    def __init__(self, subcode: str, code: int, message: str, *, blames: str = "Sender") -> None:
        super().__init__(message)
        self.subcode = subcode
        self.code = code
        self.message = message
        self.blames = blames


BAD_MESSAGE = WsFault(
    "w:SchemaValidationError",
    2150858817,
    "The WS-Management service cannot process the request. The request contains invalid XML or lacks a header.",
)
ACCESS_DENIED = WsFault("w:AccessDenied", 5, "Access is denied. ")
TIMED_OUT = WsFault(
    "w:TimedOut",
    2150858793,
    "The WS-Management service cannot complete the operation within the time specified in OperationTimeout. ",
    blames="Receiver",
)
KEY_DELETED = WsFault(
    "w:InternalError",
    1018,
    "Illegal operation attempted on a registry key that has been marked for deletion. ",
    blames="Receiver",
)
"""Transient: the profile of the account that signs in is just being unloaded."""
TOO_BIG = WsFault(
    "w:EncodingLimit",
    2150858805,
    "The WS-Management service cannot process the request because the XML is larger than the service allows.",
)


def unknown_shell(shell_id: str) -> WsFault:
    return WsFault(
        "w:InvalidSelectors",
        2150858843,
        f"The request for the Windows Remote Shell with ShellId {shell_id} failed because the shell was not found on "
        "the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the "
        "server. Provide the correct ShellId or create a new shell and retry the operation. ",
    )


def unknown_command(command_id: str) -> WsFault:
    return WsFault(
        "w:InvalidParameter",
        87,
        f"The parameter is incorrect: there is no command {command_id} in this shell. ",
    )


def unknown_action(action: str) -> WsFault:
    return WsFault(
        "a:ActionNotSupported",
        2150858771,
        f"emulated host: the WS-Management action {action} is not emulated",
    )


def unknown_resource(resource: str) -> WsFault:
    return WsFault(
        "a:DestinationUnreachable",
        2150858811,
        f"emulated host: the WS-Management resource {resource} is not emulated",
    )


def too_many_shells(limit: int) -> WsFault:
    return WsFault(
        "w:QuotaLimit",
        2150859173,
        "The WS-Management service cannot process the request. This user is allowed a maximum number of "
        f"{limit} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. ",
    )


def too_many_operations(limit: int) -> WsFault:
    return WsFault(
        "w:QuotaLimit",
        2150859174,
        "The WS-Management service cannot process the request. This user is allowed a maximum number of "
        f"{limit} concurrent operations, which has been exceeded. Close existing operations for this user, or raise "
        "the quota for this user. ",
    )
