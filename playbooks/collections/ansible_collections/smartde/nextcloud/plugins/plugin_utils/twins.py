"""Two twins for each of our modules: Python for Linux and macOS, PowerShell for Windows.

They cannot share a name, for Ansible takes a .ps1 that lies beside a .py on every host. So the PowerShell twin of
`NAME` is `win_NAME`, and the action plugin `NAME` runs the one that fits the connection. Playbooks say `NAME` alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash

COLLECTION = "smartde.nextcloud"
_PLUGINS = Path(__file__).resolve().parents[1]
# What the modules that work in a user's session on Windows lay down there; see win_account_move.
_USER_PART = ("user_part/user_part.ps1", "module_utils/Native.cs")
_HANDED = "user_part"

TaskVars = Mapping[str, Any]


class Twin(ActionBase):  # type: ignore[misc]  # ansible-core ships no types
    """The action of one module. What it is given and what it answers pass through as they are."""

    _supports_check_mode = True
    _supports_async = True
    MODULE: str

    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        result = merge_hash(result, self.answer(task_vars))
        if not self._wraps_async:
            self._remove_tmp_path(_shell(self).tmpdir)
        return result

    def answer(self, task_vars: TaskVars | None) -> dict[str, Any]:
        return self.execute(self._task.args, task_vars)

    @property
    def on_windows(self) -> bool:
        return bool(getattr(_shell(self), "_IS_WINDOWS", False))

    def execute(self, arguments: Mapping[str, Any], task_vars: TaskVars | None) -> dict[str, Any]:
        """Run the twin that fits the host once."""
        twin = f"win_{self.MODULE}" if self.on_windows else self.MODULE
        answer: dict[str, Any] = self._execute_module(
            module_name=f"{COLLECTION}.{twin}",
            module_args=dict(arguments),
            task_vars=task_vars,
            wrap_async=self._wraps_async,
        )
        return answer

    @property
    def _wraps_async(self) -> bool:
        return bool(self._task.async_val) and not self._connection.has_native_async


class SessionTwin(Twin):
    """A module that on Windows hands a script on to the user's session: it travels as an argument."""

    def answer(self, task_vars: TaskVars | None) -> dict[str, Any]:
        arguments = dict(self._task.args)
        if not self.on_windows:
            return self.execute(arguments, task_vars)
        answer = self.execute(arguments | {_HANDED: user_part()}, task_vars)
        # our own text would make a large answer larger
        answer.get("invocation", {}).get("module_args", {}).pop(_HANDED, None)
        return answer


def _shell(action: Twin) -> Any:  # noqa: ANN401 - ansible-core ships no types
    return action._connection._shell  # noqa: SLF001 - every action plugin finds it there, by this name alone


def user_part() -> dict[str, str]:
    """The files of the part that runs as the user, name to text."""
    return {Path(name).name: (_PLUGINS / name).read_text(encoding="utf-8-sig") for name in _USER_PART}
