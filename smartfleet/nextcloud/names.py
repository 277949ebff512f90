"""Names that the client gives to files in a sync folder.

Shared with managed hosts: Python 3.9, standard library only.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata

_CONFLICT = re.compile(
    r"\((?:.+ )?conflicted copy (?:[^()]* )?\d{4}-\d{2}-\d{2} \d{6}(?:-\d+)?\)"
    r"|_conflict-\d{8}-\d{6}|\(case clash from .*\)",
    re.DOTALL,
)
_IGNORED = re.compile(
    r"\.sync_[^/]*\.db[^/]*|\._sync_[^/]*\.db[^/]*|\.csync_journal\.db[^/]*|\..*\.~[0-9a-fA-F]+"
    r"|\.(?:nextcloud|owncloud)sync\.log.*|\.sync-exclude\.lst",
    re.DOTALL,
)
# domains whose registries keep look-alike names out (qurlidna.cpp)
_UNICODE_DOMAINS = re.compile(
    r"a[crt]|asia|br|biz|c[hln]|cat|com|d[ek]|es|fi|gr|hu|i[lors]|info|jp|kr|l[ituv]|museum|n[ouz]|name|net|org"
    r"|p[lr]|s[eh]|t[hmw]|tel|ua|vn"
)
_LONGEST_HOST = 262  # a name of 255 characters and a port; decoding takes time in the square of the length
_JOURNAL = re.compile(r"\.(?:_?sync_[0-9A-Za-z_-]+|csync_journal)\.db")


def journal_name(login: str, url: str, remote_path: str) -> str:
    """The journal that a folder without ``journalPath`` uses: a hash of login, URL and remote path.

    The URL counts as the client shows it (syncjournaldb.cpp, makeDbName).

    >>> journal_name("anna", "http://old.cloud.test:18080", "/")
    '.sync_ee68b1894063.db'
    """
    text = f"{login}@{client_url(url)}:{remote_path}".encode("utf-8", "surrogatepass")
    return f".sync_{hashlib.md5(text, usedforsecurity=False).hexdigest()[:12]}.db"


def client_url(url: str) -> str:
    """The URL as QUrl::toString shows it, which is what journals and secrets are named after.

    Scheme and host are in lower case; an internationalized host is in Unicode where Qt trusts the top-level domain,
    else in its ASCII form. A slash at the end and a port that need not be there stay.

    >>> client_url("HTTPS://Cloud.Example.ORG:443/nc/")
    'https://cloud.example.org:443/nc/'
    """
    scheme, colon, rest = url.partition("://")
    if not colon:
        return url
    cut = min((rest.index(mark) for mark in "/?#" if mark in rest), default=len(rest))
    account, at, host = rest[:cut].rpartition("@")
    return f"{scheme.lower()}://{account}{at}{_shown_host(host.lower())}{rest[cut:]}"


def login_key(login: str, url: str, number: str) -> str:
    """The entry that holds the app password an account signs in with; without `number` as clients before 2.4 named it.

    >>> login_key("anna", "http://old.cloud.test:18080", "0")
    'anna:http://old.cloud.test:18080/:0'
    """
    return login + key_ending(url, number)


def key_ending(url: str, number: str) -> str:
    """What follows the login in `login_key`: the same for all entries of an account."""
    shown = client_url(url)
    slash = "" if shown.endswith("/") else "/"
    return f":{shown}{slash}" + (f":{number}" if number else "")


def _shown_host(host: str) -> str:
    if (host.isascii() and "xn--" not in host) or len(host) > _LONGEST_HOST:
        return host
    name, colon, port = host.partition(":")
    labels = [_unicode_label(label) for label in unicodedata.normalize("NFKC", name).split(".")]
    trusted = _UNICODE_DOMAINS.fullmatch(labels[-1]) is not None or not labels[-1].isascii()
    return ".".join(label if trusted else _ascii_label(label) for label in labels) + colon + port


def _unicode_label(label: str) -> str:
    try:
        return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def _ascii_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def is_journal_name(name: str) -> bool:
    """Whether a ``journalPath`` is the name of a journal in the sync folder itself: no path, nothing else."""
    return _JOURNAL.fullmatch(name) is not None


def is_conflict_name(name: str | bytes) -> bool:
    """Whether the client made this name for a conflict or a clash of case."""
    return _CONFLICT.search(os.fsdecode(name)) is not None


def is_ignored_name(name: str | bytes) -> bool:
    """Whether the client itself writes this file and never syncs it. `name` is the last part of a path."""
    text = os.fsdecode(name)
    return _IGNORED.fullmatch(text) is not None or text.lower() == "desktop.ini"
