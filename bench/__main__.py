"""`python -m bench [--quick] [NAME...]`: run the named measurements, all of them without a name."""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable

import bench
from bench._environment import compile_ours
from smartfleet.errors import SmartfleetError

FIRST = ("compare", "verify", "scale")
"""What is run before all others, which follow by name."""
Main = Callable[..., None]


def main() -> None:
    known = {one.name for one in pkgutil.iter_modules(bench.__path__) if not one.name.startswith("_")}
    order = [name for name in FIRST if name in known] + sorted(known - set(FIRST))
    options = argparse.ArgumentParser(prog="python -m bench", description="measurements that print their figures")
    options.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(order)}; all without a name")
    options.add_argument("--quick", action="store_true", help="a short run of those that have one")
    asked = options.parse_args()
    if unknown := [name for name in asked.names if name not in known]:
        options.error(f"no measurement is called {', '.join(unknown)}; there are {', '.join(order)}")
    mains = {name: _main(name) for name in asked.names or order}
    if asked.quick:
        mains = {name: one for name, one in mains.items() if "quick" in inspect.signature(one).parameters}
        if long := [name for name in asked.names if name not in mains]:
            options.error(f"no short run has {', '.join(long)}")
    print(f"{compile_ours()}\n", flush=True)
    if failed := [name for name, one in mains.items() if not _measured(name, one, quick=asked.quick)]:
        raise SystemExit(f"not measured: {', '.join(failed)}")


def _main(name: str) -> Main:
    """Of a measurement; those that need what is not installed here say so when their turn comes."""
    try:
        found: Main = importlib.import_module(f"bench.{name}").main
    except ImportError as error:
        return lambda why=str(error): sys.exit(why)
    return found


def _measured(name: str, measurement: Main, *, quick: bool) -> bool:
    """One that cannot be measured says why, and the others go on."""
    print(f"== {name}", flush=True)
    try:
        measurement(**({"quick": True} if quick else {}))
    except (SystemExit, SmartfleetError) as error:
        print(f"{name} was not measured: {error}", flush=True)
        return False
    print(flush=True)
    return True


if __name__ == "__main__":
    main()
