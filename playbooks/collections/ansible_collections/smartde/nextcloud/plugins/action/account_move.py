"""Runs the twin of `account_move` that fits the host."""

from __future__ import annotations

from ansible_collections.smartde.nextcloud.plugins.plugin_utils.twins import SessionTwin


class ActionModule(SessionTwin):
    MODULE = "account_move"
