"""What `smartfleet worker` does."""

from __future__ import annotations

from smartfleet.engines.worker.program import main


def command() -> None:
    main()
