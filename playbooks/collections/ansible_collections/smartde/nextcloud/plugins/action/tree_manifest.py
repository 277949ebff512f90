"""Runs the twin of `tree_manifest` that fits the host; compares here what a Windows host lists."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible_collections.smartde.nextcloud.plugins.plugin_utils.trees import (
    Wish,
    folder_check,
    looks_lost,
    needs_comparing,
)
from ansible_collections.smartde.nextcloud.plugins.plugin_utils.twins import TaskVars, Twin

AGAIN_SECONDS = 3.0

Folder = dict[str, Any]


class ActionModule(Twin):
    MODULE = "tree_manifest"

    def answer(self, task_vars: TaskVars | None) -> dict[str, Any]:
        if not self.on_windows:
            return self.execute(self._task.args, task_vars)
        if self._task.async_val:
            return {"failed": True, "msg": "smartde.nextcloud.tree_manifest has no async on Windows: it compares here"}
        arguments = dict(self._task.args)
        deep = arguments.get("level", "size") != "size"
        answer = self.execute(arguments | {"bring": deep}, task_vars)
        if not isinstance(answer.get("folders"), list):
            return answer
        folders = [one for one in answer["folders"] if isinstance(one, dict)]
        if not deep:
            folders = self._once_more(folders, [one for one in folders if needs_comparing(one)], task_vars)
        checks = self._checked(folders)
        doubtful = [one for one, check in zip(folders, checks, strict=True) if looks_lost(one, check)]
        if doubtful:
            time.sleep(AGAIN_SECONDS)
            checks = self._checked(self._once_more(folders, doubtful, task_vars))
        return answer | {"folders": checks}

    def _once_more(self, folders: list[Folder], which: Iterable[Folder], task_vars: TaskVars | None) -> list[Folder]:
        """The folders, with what another look at the profiles of some of them saw: lists and journals come along."""
        named = sorted({(str(one.get("user")), str(one.get("config_path"))) for one in which})
        if not named:
            return folders
        profiles = [{"user": user, "config_path": path} for user, path in named]
        answer = self.execute({**self._task.args, "bring": True, "profiles": profiles}, task_vars)
        told = answer.get("folders")
        later = {_name(one): one for one in told if isinstance(one, dict)} if isinstance(told, list) else {}
        missing = {"bring_refused": f"the host did not answer again: {answer.get('msg', 'it left the folder out')}"}
        return [later.get(_name(one), one | missing) if _profile(one) in named else one for one in folders]

    def _checked(self, folders: list[Folder]) -> list[Folder]:
        arguments = self._task.args
        wish = Wish(level=str(arguments.get("level", "size")), examples=max(0, int(arguments.get("examples", 20))))
        with tempfile.TemporaryDirectory(prefix="trees-", dir=constants.DEFAULT_LOCAL_TMP) as spool:
            return [folder_check(one, wish, Path(spool)) for one in folders]


def _profile(folder: Mapping[str, Any]) -> tuple[str, str]:
    return str(folder.get("user")), str(folder.get("config_path"))


def _name(folder: Mapping[str, Any]) -> tuple[str, ...]:
    return (*_profile(folder), *(str(folder.get(key)) for key in ("account", "group", "alias")))
