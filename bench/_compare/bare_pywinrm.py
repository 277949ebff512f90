"""pywinrm alone, in threads: `python -m bench._compare.bare_pywinrm JOBS.json`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from winrm.protocol import Protocol

from bench._compare.jobs import AT_ONCE, Job, Jobs, Step, read

PIECE = 200_000
"""Bytes of input in one message, as in Ansible's plugin."""


def main() -> None:
    jobs = read(sys.argv[1])
    password = Path(jobs.secret).read_text("ascii")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda job: _one(jobs, job, password), jobs.jobs))


def _one(jobs: Jobs, job: Job, password: str) -> None:
    protocol = Protocol(
        f"https://127.0.0.1:{job.port}/wsman",
        transport="ntlm",
        username=jobs.user,
        password=password,
        server_cert_validation="validate",
        ca_trust_path=jobs.proof,
    )
    shell = protocol.open_shell(codepage=65001)
    for number, step in enumerate(job.steps):
        jobs.answer(job, number, _carry_out(protocol, shell, step))
    protocol.close_shell(shell)


def _carry_out(protocol: Protocol, shell: str, step: Step) -> bytes:
    program, *words = step.command.split(" ")
    command = protocol.run_command(shell, program, words, console_mode_stdin=False)
    payload = step.read()
    for start in range(0, len(payload), PIECE):
        protocol.send_command_input(shell, command, payload[start : start + PIECE], end=start + PIECE >= len(payload))
    said, errors, status = protocol.get_command_output(shell, command)
    protocol.cleanup_command(shell, command)
    if status:
        raise SystemExit(f"a command ended with {status}: {errors!r}")
    return bytes(said)


if __name__ == "__main__":
    main()
