"""What bare `smartfleet` says: what it is, and the next command for the present state."""

from __future__ import annotations

from pathlib import Path

_WHAT = """smartfleet moves a fleet's Nextcloud desktop clients to a new server name, without a second download,
proves that every sync folder still matches, and can take it all back."""


def welcome(folder: Path | None = None) -> str:
    """Looks at files only: it must answer at once, also where a store is locked or far away."""
    place = folder or Path()
    return f"{_WHAT}\n\n{_next(place)}\n\nall commands: smartfleet --help"


def _next(place: Path) -> str:
    if not (place / "smartfleet.yml").exists():
        return (
            "this folder is no fleet.\n"
            "  see it work:   smartfleet demo\n"
            "  begin:         smartfleet init DIR\n"
            "  help one user: smartfleet explain nextcloud.cfg"
        )
    if not (place / ".smartfleet").exists():
        return "this fleet was never looked at.\n  next: smartfleet doctor, then smartfleet audit"
    return "  next: smartfleet status"
