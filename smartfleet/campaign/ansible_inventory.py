"""``python -m smartfleet.campaign.ansible_inventory ARGUMENTS``: `ansible-inventory`, in two thirds of its time.

The rest goes into looking for garbage among what it consists of, while that is imported and when it ends.
"""

from __future__ import annotations

import gc
import sys
import sysconfig
from pathlib import Path

from smartfleet import garbage


def main() -> None:
    garbage.end_at_once()
    gc.disable()
    # Ansible looks for its other programs beside the one that was called
    sys.argv[0] = str(Path(sysconfig.get_path("scripts"), "ansible-inventory"))
    # it reads its settings while it is imported
    from ansible.cli import inventory  # noqa: PLC0415

    garbage.keep()
    inventory.main()


if __name__ == "__main__":
    main()
