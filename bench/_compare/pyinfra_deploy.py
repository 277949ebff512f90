"""pyinfra's deploy: the scripts of each machine, and what they answer. pyinfra reads this file with its own Python."""

from pathlib import Path
from typing import Any

from pyinfra import host  # type: ignore[import-not-found]  # in an environment of its own
from pyinfra.operations import python, server  # type: ignore[import-not-found]


def keep(done: Any, file: str) -> None:  # noqa: ANN401 - pyinfra's own
    Path(file).write_text(done.stdout, "utf-8")


for number, script in enumerate(host.data.scripts):
    done = server.script(name=f"Script {number}", src=script)
    python.call(name=f"Answer {number}", function=keep, done=done, file=f"{host.data.answers}/{host.name}-{number}.txt")
