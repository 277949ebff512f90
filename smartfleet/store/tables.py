"""The tables. What a row means beyond its columns lies in `document`, the JSON of the noun it stores."""

from __future__ import annotations

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text
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


class FactsRow(Base):
    """What an audit saw on a host."""

    __tablename__ = "facts"
    __table_args__ = (Index("facts_host_id", "host", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    host: Mapped[str] = mapped_column(String(255))
    taken: Mapped[float] = mapped_column(Float)
    document: Mapped[str] = mapped_column(Text)


class PlanRow(Base):
    """A plan that was made; its hash is its name."""

    __tablename__ = "plans"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created: Mapped[float] = mapped_column(Float)
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
