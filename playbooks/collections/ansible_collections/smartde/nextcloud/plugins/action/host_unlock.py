"""Runs the twin of `host_unlock` that fits the host."""

from __future__ import annotations

from ansible_collections.smartde.nextcloud.plugins.plugin_utils.twins import Twin


class ActionModule(Twin):
    MODULE = "host_unlock"
