"""`smartfleet report` with own checks and waivers of `smartfleet.yml`, from a store and a real inventory."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from smartfleet.cli.main import main
from smartfleet.store import Store
from tests.unit.builders import NEW, OLD, facts_of

pytestmark = pytest.mark.once

SETTINGS = f"""
servers:
  old: [{OLD}]
  new: {NEW}
policy:
  severities: {{folder-verdict: warning, autostart: skip}}
  checks:
    - id: known-user
      title: Everybody is known
      severity: error
      fails_when: user != 'eva'
    - id: from-a-package
      title: As the package says
      scope: host
      python: %s
  waivers:
    - {{check: old-*, hosts: [pc-1, kiosk-*], who: Ann, why: later, until: 2999-12-31}}
    - {{check: new-account, hosts: ["*"], who: Ann, why: later, until: 2020-12-31}}
"""


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three hosts: one on the old server, one on the new one, one that was never audited."""
    (tmp_path / "acme.py").write_text("def check(host):\n    return host['name'] == 'pc-2' and 'so it is'\n", "utf-8")
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[smartfleet.checks]\nacme = acme:check\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "fleet"
    (folder / "inventory").mkdir(parents=True)
    (folder / "inventory" / "hosts.yml").write_text("all: {hosts: {pc-1: , pc-2: , pc-3: }}\n", "utf-8")
    (folder / "smartfleet.yml").write_text(SETTINGS % "acme", "utf-8")
    store = Store.of_fleet(folder / ".smartfleet", "")
    seen = {"pc-1": facts_of({}), "pc-2": facts_of({"accounts": [{"url": NEW}]})}
    store.add_facts(store.begin("audit", 2), {host: (time.time(), facts) for host, facts in seen.items()})
    store.close()
    return folder


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def by_host(rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    return {row["host"]: {result["check"]: result["answer"] for result in row["results"]} for row in rows}


def test_the_report_says_what_the_policy_does(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "--fleet", str(fleet), "--format", "json") == 10
    data = json.loads(capsys.readouterr().out)
    hosts, profiles = by_host(data["hosts"]), by_host(data["profiles"])
    assert profiles["pc-1"].items() >= {"old-server": "waived", "old-secret": "waived", "new-account": "fail"}.items()
    assert hosts["pc-2"] == {"from-a-package": "fail"}
    assert hosts["pc-3"]["host-seen"] == "fail"
    assert hosts["pc-3"]["from-a-package"] == "unknown"
    assert {row["host"]: row["compliant"] for row in data["hosts"]} == {"pc-1": False, "pc-2": True, "pc-3": False}
    counts = {count["check"]["check"]: count for count in data["checks"]}
    assert (counts["known-user"]["passed"], counts["known-user"]["check"]["source"]) == (2, "own")
    assert "autostart" not in counts
    over = [result for row in data["profiles"] for result in row["results"] if result["check"] == "new-account"]
    assert ["The waiver of Ann held until 2020-12-31." in one["message"] for one in over] == [True]


def test_a_package_that_is_not_installed_is_told(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fleet / "smartfleet.yml").write_text(SETTINGS % "other", "utf-8")
    assert run("report", "--fleet", str(fleet)) == 2
    told = capsys.readouterr().err
    assert "error[policy/entry-point]: no installed package has an entry point 'other'" in told
    assert "do:" in told
