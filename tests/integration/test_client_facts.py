"""The module client_facts as Ansible packs and runs it, symbolic links of the collection and all."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from smartfleet.model.facts import HostFacts
from tests.integration.programs import ansible

MODULE = "smartde.nextcloud.client_facts"


def _module(folder: Path, **arguments: object) -> dict[str, Any]:
    common = ["localhost", "-c", "local", "-o", "-e", f"ansible_python_interpreter={sys.executable}"]
    said = ansible(folder, "ansible", *common, "-m", MODULE, "-a", json.dumps(arguments))
    answer: dict[str, Any] = json.loads(said.partition("=> ")[2])
    return answer


def test_the_module_answers_facts_that_the_model_takes(tmp_path: Path) -> None:
    home = tmp_path / "host/home/anna"
    config = home / ".config/Nextcloud/nextcloud.cfg"
    config.parent.mkdir(parents=True)
    config.write_text(f"[Accounts]\n0\\url=http://old\n0\\Folders\\1\\localPath={home}/\n")
    (tmp_path / "host/etc").mkdir()
    (tmp_path / "host/etc/passwd").write_text(f"anna:x:{os.geteuid()}:{os.getegid()}::{home}:/bin/sh\n")
    answer = _module(tmp_path, root=str(tmp_path / "host"), users=["anna"])
    assert answer["changed"] is False
    (profile,) = HostFacts(**answer["facts"]).profiles
    assert (profile.config.path, profile.config.state) == (str(config), "ok")
    assert profile.folders[0].state == "ok"


def test_a_wrong_argument_is_refused(tmp_path: Path) -> None:
    assert "Unsupported parameters" in _module(tmp_path, rot="/")["msg"]


def test_the_documentation_names_what_the_module_takes_and_returns(tmp_path: Path) -> None:
    found = json.loads(ansible(tmp_path, "ansible-doc", "--json", MODULE))[MODULE]
    assert set(found["doc"]["options"]) == {"root", "users"}
    assert set(found["return"]["facts"]["contains"]) == {
        "schema",
        *(name for name in HostFacts.model_fields if name != "schema_"),
    }
