"""``python -m smartfleet.engines.worker``: see `smartfleet.engines.wire` for what it reads and says."""

from __future__ import annotations

from smartfleet.engines.worker.program import main
from smartfleet.garbage import end_at_once

if __name__ == "__main__":
    end_at_once()
    main()
