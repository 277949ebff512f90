"""The files of an evidence folder. All names are ours: names of hosts are no names of files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from smartfleet.model.evidence import SignatureKind

README = "README.txt"
REPORT = "report.json"
PAGE = "report.html"
SETTINGS = "settings.json"
TRAIL = "trail.jsonl"
SUMS = "SHA256SUMS"
SIGNATURES: Mapping[SignatureKind, str] = {"ssh": f"{SUMS}.sig", "minisign": f"{SUMS}.minisig"}
REQUIRED = frozenset({REPORT, SETTINGS, TRAIL})
NAMESPACE = "smartfleet-evidence"
"""What a signature of ssh-keygen is for, so that none that was made for something else fits."""

_UNFIT = re.compile(r"[^A-Za-z0-9]+")


def facts_file(host: str) -> str:
    """Readable, and another one for every host: ``facts/pc-1-3f2a9c1b2d4e.json``."""
    digest = hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    name = _UNFIT.sub("-", host).strip("-")[:60].rstrip("-")
    return f"facts/{name or 'host'}-{digest}.json"


def plan_file(plan_hash: str) -> str:
    return f"plans/{plan_hash}.json"
