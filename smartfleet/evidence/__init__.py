"""A report as evidence: everything it rests on, in files with a list of hashes that can be signed."""

from __future__ import annotations

from smartfleet.evidence.basis import Basis, basis
from smartfleet.evidence.check import check
from smartfleet.evidence.write import check_place, write

__all__ = ["Basis", "basis", "check", "check_place", "write"]
