"""The explanation of a `nextcloud.cfg`, in lines for the help desk."""

from __future__ import annotations

from collections.abc import Iterator

from smartfleet.model.explain import ExplainDocument, ExplainedAccount, ExplainedFolder, ExplainedMove
from smartfleet.text import bytes_text, visible

_STATES = {
    "old": "on the old server",
    "new": "on the new server already",
    "foreign": "on another server",
    "unknown": "",
}


def explanation_lines(document: ExplainDocument, diff: str = "") -> Iterator[str]:
    """All of the document; `diff` is the change of the file, made visible already."""
    client = visible(document.client_version) or "a client that left no version"
    yield f"{visible(document.file)}: {bytes_text(document.size)}, {document.line_ending.upper()}, written by {client}"
    for account in document.accounts:
        yield ""
        yield from _account(account)
    for finding in document.findings:
        yield ""
        yield f"{finding.severity}[{finding.code}]: {visible(finding.message)}"
        if finding.do:
            yield f"  do: {finding.do}"
    if document.move:
        yield ""
        yield from _move(document.move, diff)


def _account(account: ExplainedAccount) -> Iterator[str]:
    state = f", {_STATES[account.state]}" if _STATES[account.state] else ""
    yield f"account {visible(account.number)}: {visible(account.login)} at {visible(account.url)}{state}"
    if account.display_name:
        yield f"  name      {visible(account.display_name)}"
    yield f"  password  in the keyring as {visible(account.keyring_entry)}"
    if account.encrypted:
        yield "  uses end-to-end encryption"
    if account.client_certificate:
        yield "  signs in with a client certificate"
    for folder in account.folders:
        yield from _folder(folder)


def _folder(folder: ExplainedFolder) -> Iterator[str]:
    extras = [folder.virtual_files if folder.virtual_files != "off" else "", "paused" if folder.paused else ""]
    notes = "".join(f", {extra}" for extra in extras if extra)
    yield f"  folder    {visible(folder.local_path)} <-> {visible(folder.target_path)}{visible(notes)}"
    named = "" if folder.journal_named else " (not named in the file: made from the URL)"
    yield f"  journal   {visible(folder.journal)}{named}{_counts(folder)}"


def _counts(folder: ExplainedFolder) -> str:
    counts = folder.counts
    if counts is None:
        return ""
    if counts.state != "ok":
        return f": {visible(counts.detail or counts.state)}"
    parts = [
        (counts.files, "files"),
        (counts.directories, "folders"),
        (counts.virtual, "online only"),
        (counts.uploads + counts.downloads, "transfers begun"),
        (counts.blacklist, "refused"),
        (counts.conflicts, "in conflict"),
    ]
    return ": " + (", ".join(f"{count} {what}" for count, what in parts if count) or "empty")


def _move(move: ExplainedMove, diff: str) -> Iterator[str]:
    yield f"a move to {visible(move.new_server)} changes:"
    yield from (f"  {line}" for line in diff.splitlines())
    for copy in move.secrets:
        if copy.required:
            yield f"  keyring: copy {visible(copy.source)} to {visible(copy.target)}"
    more = sum(not copy.required for copy in move.secrets)
    if more:
        yield f"  keyring: and up to {more} more entries, where they exist"
    if move.written:
        yield f"written: {visible(move.written)}"
