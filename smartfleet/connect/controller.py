"""What this machine itself must have for the fleet. Pure."""

from __future__ import annotations

from smartfleet.connect.ladder import Answer, warning
from smartfleet.model.doctor import Check


def collection_check(*, present: bool) -> Check:
    """Of the collection that installs an MSI on Windows hosts; only asked where the fleet wants that."""
    answer = (
        Answer(message="ansible.windows")
        if present
        else warning(
            "connect/no-ansible-windows",
            "smartfleet.yml names an MSI for Windows hosts, but Ansible has no collection ansible.windows",
            why="apply refuses an installation without it, before any host is changed",
            do="pip install 'smartfleet[windows]'   # or: ansible-galaxy collection install ansible.windows",
        )
    )
    return Check(
        kind="controller",
        target="this machine",
        check="collection",
        state=answer.state,
        code=answer.code,
        message=answer.message,
        why=answer.why,
        do=answer.do,
    )
