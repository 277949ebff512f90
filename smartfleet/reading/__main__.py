"""``python -m smartfleet.reading worker --private-data-dir DIR``: in the place of ``ansible-runner worker``."""

from __future__ import annotations

import sys

from smartfleet.garbage import end_at_once
from smartfleet.reading.program import main

if __name__ == "__main__":
    end_at_once()
    sys.exit(main(sys.argv[1:]))
