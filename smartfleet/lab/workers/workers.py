"""The workers of a lab as a controller reaches them."""

from __future__ import annotations

from dataclasses import dataclass

SITES = {"north": "outpost", "south": "cluster"}
"""The sites of a lab with workers, each with the engine that works on its hosts: one over ssh, one of Dask."""
SILENCE = "10s"
"""A lab is one machine, whose links are never slow; but it may be a busy one."""


@dataclass(frozen=True)
class Workers:
    """`ports` of the sshd of each worker, by name. Files are the controller's."""

    ports: dict[str, int]
    user: str
    identity_file: str
    known_hosts_file: str
    scheduler: str
    ca_file: str
    certificate_file: str
    key_file: str

    def settings(self) -> dict[str, object]:
        """What stands below `engines` in smartfleet.yml."""
        ssh = [
            {
                "destination": f"{self.user}@127.0.0.1",
                "port": port,
                "identity_file": self.identity_file,
                "known_hosts_file": self.known_hosts_file,
            }
            for port in self.ports.values()
        ]
        dask = {
            "scheduler": self.scheduler,
            "ca_file": self.ca_file,
            "certificate_file": self.certificate_file,
            "key_file": self.key_file,
            "shards": len(self.ports),
        }
        outpost, cluster = SITES.values()
        return {
            "sites": dict(SITES),
            "ssh": {outpost: {"workers": ssh}},
            "dask": {cluster: dask},
            "silence": SILENCE,
        }


def site_of(number: int) -> str:
    """Hosts go to the sites in turn."""
    sites = list(SITES)
    return sites[number % len(sites)]


def names(count: int) -> list[str]:
    return [f"worker-{number}" for number in range(1, count + 1)]
