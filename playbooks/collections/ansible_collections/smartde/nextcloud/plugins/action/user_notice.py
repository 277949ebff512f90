"""Runs the twin of `user_notice` that fits the host."""

from __future__ import annotations

from ansible_collections.smartde.nextcloud.plugins.plugin_utils.twins import Twin


class ActionModule(Twin):
    MODULE = "user_notice"
