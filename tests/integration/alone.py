"""A playbook over hosts as one shard on this machine, without anything that a campaign does around it."""

from __future__ import annotations

import uuid

from smartfleet.campaign.runner import Controls, Run, run_shards
from smartfleet.campaign.supervising import Assigned
from smartfleet.engines.answers import RunAnswers
from smartfleet.engines.local import LocalEngine
from smartfleet.engines.shard import Shard


def run_playbook(run: Run, controls: Controls) -> RunAnswers:
    """Ansible gets the admin's own inventory. Raises as `run_shards` does."""
    engine = LocalEngine()
    shard = Shard(uuid.uuid4().hex, "all", 1, run.hosts, run.playbook.stem, "", controls.deadline)
    try:
        return run_shards(run, [Assigned(shard, engine, None)], controls, lambda _shard, _end, _worker: ())
    finally:
        engine.close()
