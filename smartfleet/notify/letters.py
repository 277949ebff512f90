"""Notices as files for the admin to send: one for each person, as text or as a draft that mail programs open."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal

from smartfleet.errors import UsageError
from smartfleet.notify.addresses import address_of
from smartfleet.notify.recipients import Recipient
from smartfleet.notify.write import Written

Form = Literal["mail", "text"]
SUFFIX: dict[Form, str] = {"mail": ".eml", "text": ".txt"}
_NAME_LENGTH = 60


@dataclass(frozen=True)
class Person:
    """Who gets one letter, for all the computers where the same account is used."""

    name: str
    users: tuple[str, ...]
    hosts: tuple[str, ...]
    folders: tuple[str, ...]
    address: str


def persons(recipients: Sequence[Recipient], addresses: Mapping[str, str]) -> list[Person]:
    """Joins the recipients that use the same account; one without an account is a person for itself.

    Two users of one name on two hosts may be two people, so names of users alone join nobody.
    """
    groups: dict[tuple[str, ...], list[Recipient]] = {}
    for one in recipients:
        groups.setdefault(one.accounts or ("", one.host, one.user), []).append(one)
    return [_person(group, addresses) for group in groups.values()]


def mail(written: Written, address: str) -> bytes:
    """An RFC 5322 message without a sender; Outlook and others open it as a draft."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = written.title
    if address:
        message["To"] = address
    message["X-Unsent"] = "1"
    message.set_content(written.text, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


def text(written: Written, address: str) -> bytes:
    """The same as plain text."""
    head = [address] if address else []
    return "\n".join([*head, written.title, "", written.text]).encode()


FORMS: dict[Form, Callable[[Written, str], bytes]] = {"mail": mail, "text": text}


def write_letters(
    folder: Path, people: Sequence[Person], form: Form, write: Callable[[Person], Written]
) -> dict[str, Person]:
    """A file for each person, by its name. UsageError if the folder holds something already, or cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(
                "notify/not-empty",
                f"{folder} is not empty",
                why="letters of two days in one folder are sent twice",
                do="name a new folder: --out DIR",
            )
        made = {_file_name(person) + SUFFIX[form]: person for person in people}
        for name, person in made.items():
            _create(folder / name, FORMS[form](write(person), person.address))
    except OSError as error:
        raise UsageError("notify/unwritable", f"{folder} cannot be written: {error.strerror or error}") from None
    return made


def _person(group: Sequence[Recipient], addresses: Mapping[str, str]) -> Person:
    accounts = group[0].accounts
    users = tuple(dict.fromkeys(one.user for one in group))
    return Person(
        name=", ".join(accounts) or users[0],
        users=users,
        hosts=tuple(dict.fromkeys(one.host for one in group)),
        folders=tuple(dict.fromkeys(folder for one in group for folder in one.folders)),
        address=address_of([*accounts, *users], addresses),
    )


def _file_name(person: Person) -> str:
    """Readable, fit for every file system, and another one for every person."""
    digest = hashlib.sha256("\0".join([person.name, *person.hosts]).encode("utf-8", "backslashreplace")).hexdigest()
    plain = re.sub(r"[^A-Za-z0-9@._-]+", "_", person.name)[:_NAME_LENGTH].strip("._")
    return f"{plain or 'user'}-{digest[:8]}"


def _create(path: Path, data: bytes) -> None:
    """For the admin alone: letters name users, computers and folders."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
