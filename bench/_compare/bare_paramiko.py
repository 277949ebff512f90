"""paramiko alone, in threads: `python -m bench._compare.bare_paramiko JOBS.json`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import paramiko

from bench._compare.jobs import AT_ONCE, Job, Jobs, Step, read


def main() -> None:
    jobs = read(sys.argv[1])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda job: _one(jobs, job), jobs.jobs))


def _one(jobs: Jobs, job: Job) -> None:
    with paramiko.SSHClient() as client:
        client.load_host_keys(jobs.proof)
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.connect(
            "127.0.0.1", job.port, jobs.user, key_filename=jobs.secret, allow_agent=False, look_for_keys=False
        )
        for number, step in enumerate(job.steps):
            jobs.answer(job, number, _carry_out(client, step))


def _carry_out(client: paramiko.SSHClient, step: Step) -> bytes:
    stdin, stdout, stderr = client.exec_command(step.command)
    stdin.channel.sendall(step.read())
    stdin.channel.shutdown_write()
    said = stdout.read()
    if status := stdout.channel.recv_exit_status():
        raise SystemExit(f"a command ended with {status}: {stderr.read()!r}")
    return bytes(said)


if __name__ == "__main__":
    main()
