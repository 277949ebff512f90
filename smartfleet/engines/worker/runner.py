"""``ansible-runner worker``, which does not outlive the worker that started it.

ansible-runner itself would go on from host to host, though nobody hears it any more. The worker's watcher ends it where
the worker was killed; here it ends where the watcher was killed as well.
"""

from __future__ import annotations

import os
import runpy
import select
import threading

from smartfleet.processes import descendants, end_tree


def main() -> None:
    gone = threading.Event()
    watch = threading.Thread(target=_watch, args=(gone,), daemon=True)
    watch.start()
    try:
        # the worker's arguments are ansible-runner's
        runpy.run_module("ansible_runner", run_name="__main__", alter_sys=True)
    finally:
        if gone.is_set():
            watch.join()


def _watch(gone: threading.Event) -> None:
    """Waits until standard input has no writer any more; what was written there is for ansible-runner to read."""
    writer = select.poll()
    writer.register(0, 0)
    writer.poll()
    gone.set()
    for pid in descendants(os.getpid()):
        end_tree(pid)
    os._exit(1)


if __name__ == "__main__":
    main()
