"""pyinfra's inventory: the machines of the jobs. pyinfra reads this file with its own Python."""

import json
import os
from pathlib import Path

_JOBS = json.loads(Path(os.environ["BENCH_JOBS"]).read_text("utf-8"))

hosts = (
    [
        (
            job["host"],
            {
                "ssh_hostname": "127.0.0.1",
                "ssh_port": job["port"],
                "scripts": [step["payload"] for step in job["steps"]],
            },
        )
        for job in _JOBS["jobs"]
    ],
    {
        "ssh_user": _JOBS["user"],
        "ssh_key": _JOBS["secret"],
        "ssh_known_hosts_file": _JOBS["proof"],
        "ssh_strict_host_key_checking": "yes",
        "ssh_config_file": os.devnull,
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
        "answers": _JOBS["out"],
    },
)
