"""Sends JSON to a webhook, signed as https://github.com/standard-webhooks/standard-webhooks says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import ssl
from datetime import UTC, datetime

import httpx

from smartfleet.model.sending import Message
from smartfleet.notify.notsent import NotSent

_SECRET = "whsec_"  # noqa: S105 - how a secret begins
_SHORTEST, _LONGEST = 24, 64
_GONE = 410


def body_of(message: Message) -> bytes:
    """What is sent: the type, the moment, and the message as data."""
    document = {
        "type": f"smartfleet.{message.news.about}",
        "timestamp": datetime.fromtimestamp(message.created, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": message.model_dump(mode="json", exclude={"reached"}),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def key_of(secret: str) -> bytes:
    """24 to 64 bytes. NotSent for a secret that is none; what stands there is not told."""
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except (binascii.Error, ValueError):
        raise NotSent("the webhook's secret is not whsec_ and base64") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise NotSent(f"the webhook's secret has {len(key)} bytes, but must have {_SHORTEST} to {_LONGEST}")
    return key


def headers(name: str, key: bytes, body: bytes, now: float) -> dict[str, str]:
    """Who checks the signature also sees that the body, its id and its time are what we sent."""
    moment = f"{int(now)}"
    signed = b".".join((name.encode("ascii"), moment.encode("ascii"), body))
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
    return {
        "content-type": "application/json",
        "user-agent": "smartfleet",
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{signature}",
    }


def post(url: str, body: bytes, signed: dict[str, str], seconds: float) -> None:
    """NotSent for every answer but success, which may take `seconds` each.

    No redirect is followed: the signature is for this receiver alone.
    """
    try:
        with (
            httpx.Client(verify=ssl.create_default_context(), timeout=seconds) as client,
            # of the answer's text nothing is of use here, and there may be much of it
            client.stream("POST", url, content=body, headers=signed, follow_redirects=False) as answer,
        ):
            status = answer.status_code
    # what they say holds the address, which may be a secret
    except (httpx.InvalidURL, ValueError) as error:
        reason = f"the webhook's address, or a proxy's in the environment, cannot be used: {type(error).__name__}"
        raise NotSent(reason) from None
    except httpx.TimeoutException:
        raise NotSent("the webhook did not answer in time") from None
    except httpx.HTTPError as error:
        raise NotSent(f"the webhook cannot be reached: {error or type(error).__name__}") from None
    if status == _GONE:
        raise NotSent("the webhook answered 410: it wants nothing any more", final=True)
    if not 200 <= status < 300:
        raise NotSent(f"the webhook answered {status}")
