"""`python -m bench [NAME...]`: run the named measurements, all of them without a name."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench


def main() -> None:
    known = sorted(one.name for one in pkgutil.iter_modules(bench.__path__) if not one.name.startswith("_"))
    wanted = sys.argv[1:] or known
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise SystemExit(f"no measurement is called {', '.join(unknown)}; there are {', '.join(known)}")
    for name in wanted:
        print(f"== {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()
        print()


if __name__ == "__main__":
    main()
