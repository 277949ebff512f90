"""asyncssh alone: `python -m bench._compare.bare_asyncssh JOBS.json`."""

from __future__ import annotations

import asyncio
import sys

import asyncssh

from bench._compare.jobs import AT_ONCE, Job, Jobs, read


async def _all(jobs: Jobs) -> None:
    room = asyncio.Semaphore(AT_ONCE)
    key, known = asyncssh.read_private_key(jobs.secret), asyncssh.read_known_hosts(jobs.proof)
    await asyncio.gather(*(_one(jobs, job, key, known, room) for job in jobs.jobs))


async def _one(
    jobs: Jobs, job: Job, key: asyncssh.SSHKey, known: asyncssh.SSHKnownHosts, room: asyncio.Semaphore
) -> None:
    async with (
        room,
        asyncssh.connect(
            "127.0.0.1",
            job.port,
            username=jobs.user,
            client_keys=[key],
            known_hosts=known,
            config=None,
            agent_path=None,
        ) as connection,
    ):
        for number, step in enumerate(job.steps):
            done = await connection.run(step.command, input=step.read(), encoding=None, check=True)
            jobs.answer(job, number, done.stdout if isinstance(done.stdout, bytes) else b"")


if __name__ == "__main__":
    asyncio.run(_all(read(sys.argv[1])))
