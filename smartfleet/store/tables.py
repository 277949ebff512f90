"""The tables. What a row means beyond its columns lies in `document`, the JSON of the noun it stores."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the store."""


class RunRow(Base):
    """One execution of a command over hosts; written before anything is done, closed at its end."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    verb: Mapped[str] = mapped_column(String(16))
    started: Mapped[float] = mapped_column(Float)
    finished: Mapped[float | None] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16))
    admin: Mapped[str] = mapped_column(String(255))
    plan_hash: Mapped[str] = mapped_column(String(64), default="")
    hosts: Mapped[int] = mapped_column(Integer, default=0)
    # in the order they were begun, which their times are not after a clock was set back
    number: Mapped[int] = mapped_column(Integer)
    parent: Mapped[str] = mapped_column(String(64), default="")
    settings: Mapped[str | None] = mapped_column(Text)
    # from the settings: the queue asks for it
    until: Mapped[float | None] = mapped_column(Float)
    # the process that drives it; null when none does
    driver_host: Mapped[str | None] = mapped_column(String(255))
    driver_pid: Mapped[int | None] = mapped_column(BigInteger)
    driver_started: Mapped[str | None] = mapped_column(String(128))
    renewed: Mapped[float | None] = mapped_column(Float)
    # 0 from its end until what is to be sent of it lies in the outbox, else 1
    told: Mapped[int] = mapped_column(Integer, default=1)


class FactsRow(Base):
    """What an audit saw on a host."""

    __tablename__ = "facts"
    __table_args__ = (Index("facts_host_id", "host", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    host: Mapped[str] = mapped_column(String(255))
    taken: Mapped[float] = mapped_column(Float)
    document: Mapped[str] = mapped_column(Text)


class PlanRow(Base):
    """A plan that was made, without its hosts; its hash is its name."""

    __tablename__ = "plans"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created: Mapped[float] = mapped_column(Float)
    document: Mapped[str] = mapped_column(Text)


class PlanHostRow(Base):
    """One host of a plan; `number` is its place there."""

    __tablename__ = "plan_hosts"
    __table_args__ = (Index("plan_hosts_host", "plan_hash", "host"),)

    plan_hash: Mapped[str] = mapped_column(ForeignKey("plans.hash"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    document: Mapped[str] = mapped_column(Text)


class OutcomeRow(Base):
    """What became of a profile in a run; `user` is "" where the host as a whole is meant."""

    __tablename__ = "outcomes"
    __table_args__ = (Index("outcomes_profile", "host", "user", "config_path", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    host: Mapped[str] = mapped_column(String(255))
    user: Mapped[str] = mapped_column(String(255))
    config_path: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)


class VerdictRow(Base):
    """The judgement of one folder in a run."""

    __tablename__ = "verdicts"
    __table_args__ = (Index("verdicts_folder", "host", "user", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    host: Mapped[str] = mapped_column(String(255))
    user: Mapped[str] = mapped_column(String(255))
    config_path: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(String(64))
    alias: Mapped[str] = mapped_column(String(255))
    verdict: Mapped[str] = mapped_column(String(16))
    document: Mapped[str] = mapped_column(Text)


class WaveRow(Base):
    """A part of a run; `hosts` is a JSON list."""

    __tablename__ = "waves"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    hosts: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    soak_until: Mapped[float | None] = mapped_column(Float)


class ProgressRow(Base):
    """How far a host is in a run."""

    __tablename__ = "progress"
    __table_args__ = (Index("progress_host", "host"),)

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    wave: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[float | None] = mapped_column(Float)
    outcome: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))


class ShardRow(Base):
    """One attempt of an engine at some hosts of a run; `hosts` is a JSON list."""

    __tablename__ = "shards"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    shard: Mapped[str] = mapped_column(String(64), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    engine: Mapped[str] = mapped_column(String(64))
    worker: Mapped[str] = mapped_column(String(255))
    site: Mapped[str] = mapped_column(String(255))
    playbook: Mapped[str] = mapped_column(String(16))
    hosts: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), index=True)
    begun_at: Mapped[float] = mapped_column(Float)
    ended_at: Mapped[float | None] = mapped_column(Float)
    code: Mapped[str] = mapped_column(String(64))
    grace: Mapped[float | None] = mapped_column(Float)


class LostHostRow(Base):
    """A host on which the worker of a lost shard may still work, for `grace` seconds from `since`."""

    __tablename__ = "lost_hosts"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    shard: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int] = mapped_column(Integer)
    engine: Mapped[str] = mapped_column(String(64))
    worker: Mapped[str] = mapped_column(String(255))
    since: Mapped[float] = mapped_column(Float)
    grace: Mapped[float] = mapped_column(Float)


class LockRow(Base):
    """The run that holds a host."""

    __tablename__ = "host_locks"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    admin: Mapped[str] = mapped_column(String(255))
    where: Mapped[str] = mapped_column(String(255))
    taken: Mapped[float] = mapped_column(Float)
    until: Mapped[float] = mapped_column(Float)


class TrailRow(Base):
    """A line of the audit trail: triggers refuse to change or delete it, and no two follow the same line.

    `document` is the canonical JSON that the hash is made of: all that is told of a line comes from it.
    """

    __tablename__ = "trail"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    previous: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    document: Mapped[str] = mapped_column(Text)


class PostponedRow(Base):
    """How often a user put the move to a server off, and until when."""

    __tablename__ = "postponed"

    server: Mapped[str] = mapped_column(Text, primary_key=True)
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    user: Mapped[str] = mapped_column(String(255), primary_key=True)
    times: Mapped[int] = mapped_column(Integer)
    until: Mapped[float] = mapped_column(Float)


class WriteRow(Base):
    """The mark of a transaction that was committed, so that a lost answer is not taken for a lost transaction."""

    __tablename__ = "writes"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[float] = mapped_column(Float, index=True)


GONE = -1
"""Stands for `compliant` where a host had left the inventory when a run had ended: its row holds nothing else."""


class JudgementRow(Base):
    """What the policy said of a host when a run had ended, where that was something else than before.

    `document` is a JudgedHost. All that a history counts lies in the index, so that no document is read for it.
    """

    __tablename__ = "judgements"
    __table_args__ = (
        Index("judgements_host", "host", "id", "compliant", "profiles", "on_new_server", "on_old_server"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    host: Mapped[str] = mapped_column(String(255))
    # 0, 1 or GONE
    compliant: Mapped[int] = mapped_column(Integer)
    profiles: Mapped[int] = mapped_column(Integer)
    on_new_server: Mapped[int] = mapped_column(Integer)
    on_old_server: Mapped[int] = mapped_column(Integer)
    document: Mapped[str] = mapped_column(Text)


class JudgedRunRow(Base):
    """A run at whose end hosts were judged: what stood there then are the judgements with an id up to `newest`."""

    __tablename__ = "judged_runs"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    at: Mapped[float] = mapped_column(Float)
    newest: Mapped[int] = mapped_column(Integer)


class StandingRow(Base):
    """What is counted of a host, and what that was judged by: it stands as long as nothing of that is another.

    0 for an id, "" for a text: there was none. `document` counts everything but bytes, so many hosts have the same.
    """

    __tablename__ = "standings"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    # the newest of the host
    facts_id: Mapped[int] = mapped_column(Integer)
    outcome_id: Mapped[int] = mapped_column(Integer)
    verdict_id: Mapped[int] = mapped_column(Integer)
    # a digest of what earlier audits saw of its folders
    past: Mapped[str] = mapped_column(String(64))
    # a digest of the configuration and the program
    ruler: Mapped[str] = mapped_column(String(64))
    # 0 or 1
    unchecked: Mapped[int] = mapped_column(Integer)
    # ages are the same between these moments, waivers after the one day and to the end of the other
    since: Mapped[float] = mapped_column(Float)
    until: Mapped[float] = mapped_column(Float)
    after_day: Mapped[str] = mapped_column(String(10))
    last_day: Mapped[str] = mapped_column(String(10))
    # a number; hosts tell it, and it may be larger than a column holds
    bytes: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)


class AssessmentRow(Base):
    """What a host's newest facts mean, and what they were assessed by. `document` is a HostAssessment."""

    __tablename__ = "assessments"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    facts_id: Mapped[int] = mapped_column(Integer)
    # a digest of the configuration and the program
    ruler: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)


class FolderPastRow(Base):
    """What earlier audits saw of a host's folders. A JSON list: users name logins and folders as they like."""

    __tablename__ = "folder_past"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    document: Mapped[str] = mapped_column(Text)


class OutboxRow(Base):
    """What is to be sent, written down before it is tried."""

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created: Mapped[float] = mapped_column(Float)
    target: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(32))
    document: Mapped[str] = mapped_column(Text)
    # waiting, sent or given-up
    state: Mapped[str] = mapped_column(String(16), index=True)
    attempts: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[float] = mapped_column(Float)
    trouble: Mapped[str] = mapped_column(Text)
