"""The tables. What a row means beyond its columns lies in `document`, the JSON of the noun it stores."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()


class TypedTable:
    """A table of the columns that its class names, in their order.

    The class is there for the types of the columns: SQLAlchemy tells them where they are asked of an object. Its ORM
    would tell them of classes, but every command would pay for its import.
    """

    def __init__(self, name: str, *indexes: Index) -> None:
        columns = [one for one in vars(type(self)).values() if isinstance(one, Column)]
        self.table = Table(name, METADATA, *columns, *indexes)


class RunTable(TypedTable):
    """One execution of a command over hosts; written before anything is done, closed at its end."""

    id = Column("id", String(64), primary_key=True)
    verb = Column("verb", String(16), nullable=False)
    started = Column("started", Float, nullable=False)
    finished: Column[float | None] = Column("finished", Float)
    state = Column("state", String(16), nullable=False)
    admin = Column("admin", String(255), nullable=False)
    plan_hash = Column("plan_hash", String(64), default="", nullable=False)
    hosts = Column("hosts", Integer, default=0, nullable=False)
    # in the order they were begun, which their times are not after a clock was set back
    number = Column("number", Integer, nullable=False)
    parent = Column("parent", String(64), default="", nullable=False)
    settings: Column[str | None] = Column("settings", Text)
    # from the settings: the queue asks for it
    until: Column[float | None] = Column("until", Float)
    # the process that drives it; null when none does
    driver_host: Column[str | None] = Column("driver_host", String(255))
    driver_pid: Column[int | None] = Column("driver_pid", BigInteger)
    driver_started: Column[str | None] = Column("driver_started", String(128))
    renewed: Column[float | None] = Column("renewed", Float)
    # 0 from its end until what is to be sent of it lies in the outbox, else 1
    told = Column("told", Integer, default=1, nullable=False)


RUNS = RunTable("runs")


class FactsTable(TypedTable):
    """What an audit saw on a host."""

    id = Column("id", Integer, primary_key=True)
    run_id = Column("run_id", String(64), ForeignKey("runs.id"), index=True, nullable=False)
    host = Column("host", String(255), nullable=False)
    taken = Column("taken", Float, nullable=False)
    document = Column("document", Text, nullable=False)


FACTS = FactsTable("facts", Index("facts_host_id", "host", "id"))


class PlanTable(TypedTable):
    """A plan that was made, without its hosts; its hash is its name."""

    hash = Column("hash", String(64), primary_key=True)
    created = Column("created", Float, nullable=False)
    document = Column("document", Text, nullable=False)


PLANS = PlanTable("plans")


class PlanHostTable(TypedTable):
    """One host of a plan; `number` is its place there."""

    plan_hash = Column("plan_hash", String(64), ForeignKey("plans.hash"), primary_key=True)
    number = Column("number", Integer, primary_key=True)
    host = Column("host", String(255), nullable=False)
    document = Column("document", Text, nullable=False)


PLAN_HOSTS = PlanHostTable("plan_hosts", Index("plan_hosts_host", "plan_hash", "host"))


class OutcomeTable(TypedTable):
    """What became of a profile in a run; `user` is "" where the host as a whole is meant."""

    id = Column("id", Integer, primary_key=True)
    run_id = Column("run_id", String(64), ForeignKey("runs.id"), index=True, nullable=False)
    host = Column("host", String(255), nullable=False)
    user = Column("user", String(255), nullable=False)
    config_path = Column("config_path", Text, nullable=False)
    outcome = Column("outcome", String(32), nullable=False)
    code = Column("code", String(64), nullable=False)
    document = Column("document", Text, nullable=False)


OUTCOMES = OutcomeTable("outcomes", Index("outcomes_profile", "host", "user", "config_path", "id"))


class VerdictTable(TypedTable):
    """The judgement of one folder in a run."""

    id = Column("id", Integer, primary_key=True)
    run_id = Column("run_id", String(64), ForeignKey("runs.id"), index=True, nullable=False)
    host = Column("host", String(255), nullable=False)
    user = Column("user", String(255), nullable=False)
    config_path = Column("config_path", Text, nullable=False)
    account = Column("account", String(64), nullable=False)
    alias = Column("alias", String(255), nullable=False)
    verdict = Column("verdict", String(16), nullable=False)
    document = Column("document", Text, nullable=False)


VERDICTS = VerdictTable("verdicts", Index("verdicts_folder", "host", "user", "id"))


class WaveTable(TypedTable):
    """A part of a run; `hosts` is a JSON list."""

    run_id = Column("run_id", String(64), ForeignKey("runs.id"), primary_key=True)
    number = Column("number", Integer, primary_key=True)
    name = Column("name", String(64), nullable=False)
    hosts = Column("hosts", Text, nullable=False)
    state = Column("state", String(16), nullable=False)
    soak_until: Column[float | None] = Column("soak_until", Float)


WAVES = WaveTable("waves")


class ProgressTable(TypedTable):
    """How far a host is in a run."""

    run_id = Column("run_id", String(64), ForeignKey("runs.id"), primary_key=True)
    host = Column("host", String(255), primary_key=True)
    wave = Column("wave", Integer, nullable=False)
    state = Column("state", String(16), nullable=False)
    attempts = Column("attempts", Integer, nullable=False)
    next_at: Column[float | None] = Column("next_at", Float)
    outcome = Column("outcome", String(32), nullable=False)
    code = Column("code", String(64), nullable=False)


PROGRESS = ProgressTable("progress", Index("progress_host", "host"))


class ShardTable(TypedTable):
    """One attempt of an engine at some hosts of a run; `hosts` is a JSON list."""

    run_id = Column("run_id", String(64), ForeignKey("runs.id"), primary_key=True)
    shard = Column("shard", String(64), primary_key=True)
    attempt = Column("attempt", Integer, primary_key=True, autoincrement=False)
    engine = Column("engine", String(64), nullable=False)
    worker = Column("worker", String(255), nullable=False)
    site = Column("site", String(255), nullable=False)
    playbook = Column("playbook", String(16), nullable=False)
    hosts = Column("hosts", Text, nullable=False)
    state = Column("state", String(16), index=True, nullable=False)
    begun_at = Column("begun_at", Float, nullable=False)
    ended_at: Column[float | None] = Column("ended_at", Float)
    code = Column("code", String(64), nullable=False)
    grace: Column[float | None] = Column("grace", Float)


SHARDS = ShardTable("shards")


class LostHostTable(TypedTable):
    """A host on which the worker of a lost shard may still work, for `grace` seconds from `since`."""

    host = Column("host", String(255), primary_key=True)
    run_id = Column("run_id", String(64), ForeignKey("runs.id"), index=True, nullable=False)
    shard = Column("shard", String(64), nullable=False)
    attempt = Column("attempt", Integer, nullable=False)
    engine = Column("engine", String(64), nullable=False)
    worker = Column("worker", String(255), nullable=False)
    since = Column("since", Float, nullable=False)
    grace = Column("grace", Float, nullable=False)


LOST_HOSTS = LostHostTable("lost_hosts")


class LockTable(TypedTable):
    """The run that holds a host."""

    host = Column("host", String(255), primary_key=True)
    run_id = Column("run_id", String(64), ForeignKey("runs.id"), index=True, nullable=False)
    admin = Column("admin", String(255), nullable=False)
    where = Column("where", String(255), nullable=False)
    taken = Column("taken", Float, nullable=False)
    until = Column("until", Float, nullable=False)


HOST_LOCKS = LockTable("host_locks")


class TrailTable(TypedTable):
    """A line of the audit trail: triggers refuse to change or delete it, and no two follow the same line.

    `document` is the canonical JSON that the hash is made of: all that is told of a line comes from it.
    """

    number = Column("number", Integer, primary_key=True, autoincrement=False)
    previous = Column("previous", String(64), unique=True, nullable=False)
    hash = Column("hash", String(64), unique=True, nullable=False)
    document = Column("document", Text, nullable=False)


TRAIL = TrailTable("trail")


class PostponedTable(TypedTable):
    """How often a user put the move to a server off, and until when."""

    server = Column("server", Text, primary_key=True)
    host = Column("host", String(255), primary_key=True)
    user = Column("user", String(255), primary_key=True)
    times = Column("times", Integer, nullable=False)
    until = Column("until", Float, nullable=False)


POSTPONED = PostponedTable("postponed")


class MarkTable(TypedTable):
    """The mark of a transaction that was committed, so that a lost answer is not taken for a lost transaction."""

    id = Column("id", String(32), primary_key=True)
    at = Column("at", Float, index=True, nullable=False)


MARKS = MarkTable("writes")


GONE = -1
"""Stands for `compliant` where a host had left the inventory when a run had ended: its row holds nothing else."""


class JudgementTable(TypedTable):
    """What the policy said of a host when a run had ended, where that was something else than before.

    `document` is a JudgedHost. All that a history counts lies in the index, so that no document is read for it.
    """

    id = Column("id", Integer, primary_key=True)
    run_id = Column("run_id", String(64), ForeignKey("runs.id"), index=True, nullable=False)
    host = Column("host", String(255), nullable=False)
    # 0, 1 or GONE
    compliant = Column("compliant", Integer, nullable=False)
    profiles = Column("profiles", Integer, nullable=False)
    on_new_server = Column("on_new_server", Integer, nullable=False)
    on_old_server = Column("on_old_server", Integer, nullable=False)
    document = Column("document", Text, nullable=False)


JUDGEMENTS = JudgementTable(
    "judgements", Index("judgements_host", "host", "id", "compliant", "profiles", "on_new_server", "on_old_server")
)


class JudgedRunTable(TypedTable):
    """A run at whose end hosts were judged: what stood there then are the judgements with an id up to `newest`."""

    run_id = Column("run_id", String(64), ForeignKey("runs.id"), primary_key=True)
    at = Column("at", Float, nullable=False)
    newest = Column("newest", Integer, nullable=False)


JUDGED_RUNS = JudgedRunTable("judged_runs")


class StandingTable(TypedTable):
    """What is counted of a host, and what that was judged by: it stands as long as nothing of that is another.

    0 for an id, "" for a text: there was none. `document` counts everything but bytes, so many hosts have the same.
    """

    host = Column("host", String(255), primary_key=True)
    # the newest of the host
    facts_id = Column("facts_id", Integer, nullable=False)
    outcome_id = Column("outcome_id", Integer, nullable=False)
    verdict_id = Column("verdict_id", Integer, nullable=False)
    # a digest of what earlier audits saw of its folders
    past = Column("past", String(64), nullable=False)
    # a digest of the configuration and the program
    ruler = Column("ruler", String(64), nullable=False)
    # 0 or 1
    unchecked = Column("unchecked", Integer, nullable=False)
    # ages are the same between these moments, waivers after the one day and to the end of the other
    since = Column("since", Float, nullable=False)
    until = Column("until", Float, nullable=False)
    after_day = Column("after_day", String(10), nullable=False)
    last_day = Column("last_day", String(10), nullable=False)
    # a number; hosts tell it, and it may be larger than a column holds
    bytes = Column("bytes", Text, nullable=False)
    document = Column("document", Text, nullable=False)


STANDINGS = StandingTable("standings")


class AssessmentTable(TypedTable):
    """What a host's newest facts mean, and what they were assessed by. `document` is a HostAssessment."""

    host = Column("host", String(255), primary_key=True)
    facts_id = Column("facts_id", Integer, nullable=False)
    # a digest of the configuration and the program
    ruler = Column("ruler", String(64), nullable=False)
    document = Column("document", Text, nullable=False)


ASSESSMENTS = AssessmentTable("assessments")


class FolderPastTable(TypedTable):
    """What earlier audits saw of a host's folders. A JSON list: users name logins and folders as they like."""

    host = Column("host", String(255), primary_key=True)
    document = Column("document", Text, nullable=False)


FOLDER_PAST = FolderPastTable("folder_past")


class OutboxTable(TypedTable):
    """What is to be sent, written down before it is tried."""

    id = Column("id", String(64), primary_key=True)
    created = Column("created", Float, nullable=False)
    target = Column("target", Text, nullable=False)
    kind = Column("kind", String(32), nullable=False)
    document = Column("document", Text, nullable=False)
    # waiting, sent or given-up
    state = Column("state", String(16), index=True, nullable=False)
    attempts = Column("attempts", Integer, nullable=False)
    next_at = Column("next_at", Float, nullable=False)
    trouble = Column("trouble", Text, nullable=False)


OUTBOX = OutboxTable("outbox")
