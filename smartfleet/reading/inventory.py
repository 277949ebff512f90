"""``python -m smartfleet.reading.inventory ARGUMENTS``: `ansible-inventory`, in two thirds of its time.

The rest goes into looking for garbage among what it consists of, while that is imported and when it ends.
"""

from __future__ import annotations

import gc
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from smartfleet import garbage


def run(arguments: Sequence[str]) -> int:
    """Prints what `ansible-inventory` prints, and gives its exit status. Ansible's settings are those of the moment in
    which it was imported, or of now.
    """
    gc.disable()
    # Ansible looks for its other programs beside the one that was called
    sys.argv = [str(Path(sysconfig.get_path("scripts"), "ansible-inventory")), *arguments]
    from ansible.cli import inventory  # noqa: PLC0415 - see above

    garbage.keep()
    try:
        inventory.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


if __name__ == "__main__":
    garbage.end_at_once()
    sys.exit(run(sys.argv[1:]))
