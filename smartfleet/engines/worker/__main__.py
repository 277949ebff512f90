"""``python -m smartfleet.engines.worker [--ahead FLEET]``: `smartfleet.engines.wire` tells what it reads and says."""

from __future__ import annotations

import argparse
from pathlib import Path

from smartfleet.engines.worker.program import main
from smartfleet.garbage import end_at_once

if __name__ == "__main__":
    end_at_once()
    parser = argparse.ArgumentParser(prog="smartfleet.engines.worker")
    parser.add_argument("--ahead", type=Path)
    main(parser.parse_args().ahead)
