"""Runs the twin of `client_facts` that fits the host."""

from __future__ import annotations

from ansible_collections.smartde.nextcloud.plugins.plugin_utils.twins import Twin


class ActionModule(Twin):
    MODULE = "client_facts"
