"""The sync journal, with the tables of the real client 3.7.3, its write-ahead log and its exclusive lock."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FILE, FOLDER, VIRTUAL = 0, 2, 4
"""Row types (csync.h)."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS metadata(phash INTEGER(8),pathlen INTEGER,path VARCHAR(4096),inode INTEGER,uid INTEGER,
  gid INTEGER,mode INTEGER,modtime INTEGER(8),type INTEGER,md5 VARCHAR(32),fileid VARCHAR(128),
  remotePerm VARCHAR(128),filesize BIGINT,ignoredChildrenRemote INT,contentChecksum TEXT,
  contentChecksumTypeId INTEGER,e2eMangledName TEXT,isE2eEncrypted INTEGER,isShared INTEGER,
  lastShareStateFetchedTimestmap INTEGER,sharedByMe INTEGER,lock INTEGER,lockType INTEGER,lockOwnerDisplayName TEXT,
  lockOwnerId TEXT,lockOwnerEditor TEXT,lockTime INTEGER,lockTimeout INTEGER,PRIMARY KEY(phash));
CREATE TABLE IF NOT EXISTS key_value_store(key VARCHAR(4096), value VARCHAR(4096), PRIMARY KEY(key));
CREATE TABLE IF NOT EXISTS downloadinfo(path VARCHAR(4096),tmpfile VARCHAR(4096),etag VARCHAR(32),errorcount INTEGER,
  PRIMARY KEY(path));
CREATE TABLE IF NOT EXISTS uploadinfo(path VARCHAR(4096),chunk INTEGER,transferid INTEGER,errorcount INTEGER,
  size INTEGER(8),modtime INTEGER(8),contentChecksum TEXT,PRIMARY KEY(path));
CREATE TABLE IF NOT EXISTS blacklist(path VARCHAR(4096),lastTryEtag VARCHAR[32],lastTryModtime INTEGER[8],
  retrycount INTEGER,errorstring VARCHAR[4096],lastTryTime INTEGER(8),ignoreDuration INTEGER(8),
  renameTarget VARCHAR(4096),errorCategory INTEGER(8),requestId VARCHAR(36),PRIMARY KEY(path));
CREATE TABLE IF NOT EXISTS async_poll(path VARCHAR(4096),modtime INTEGER(8),filesize BIGINT,pollpath VARCHAR(4096));
CREATE TABLE IF NOT EXISTS selectivesync(path VARCHAR(4096),type INTEGER);
CREATE TABLE IF NOT EXISTS checksumtype(id INTEGER PRIMARY KEY,name TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS datafingerprint(fingerprint TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS flags(path TEXT PRIMARY KEY,pinState INTEGER);
CREATE TABLE IF NOT EXISTS conflicts(path TEXT PRIMARY KEY,baseFileId TEXT,baseEtag TEXT,baseModtime INTEGER,
  basePath TEXT);
CREATE TABLE IF NOT EXISTS caseconflicts(path TEXT PRIMARY KEY,baseFileId TEXT,baseEtag TEXT,baseModtime INTEGER,
  basePath TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS version(major INTEGER(8),minor INTEGER(8),patch INTEGER(8),custom VARCHAR(256));
CREATE TABLE IF NOT EXISTS e2EeLockedFolders(folderId VARCHAR(128) PRIMARY KEY,token VARCHAR(4096));
CREATE INDEX IF NOT EXISTS metadata_fileid ON metadata(fileid);
CREATE INDEX IF NOT EXISTS metadata_inode ON metadata(inode);
CREATE INDEX IF NOT EXISTS metadata_path ON metadata(path);
CREATE INDEX IF NOT EXISTS metadata_parent ON metadata(parent_hash(path));
INSERT OR IGNORE INTO checksumtype(id, name) VALUES(1, 'SHA1');
"""

PUT = (
    "INSERT OR REPLACE INTO metadata(phash, pathlen, path, type, inode, modtime, filesize, md5, fileid,"
    " remotePerm, contentChecksum, contentChecksumTypeId, uid, gid, mode, ignoredChildrenRemote,"
    " e2eMangledName, isE2eEncrypted) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '', 0)"
)


@dataclass(frozen=True)
class Row:
    """What was last synced at `path`; `checksum` is hex of SHA-1, empty where the server had none."""

    path: str
    type: int
    inode: int
    mtime: int
    size: int
    etag: str
    fileid: str
    permissions: str
    checksum: str


class Journal:
    """An open journal. Other processes see "database is locked" until it is closed."""

    def __init__(self, path: Path, version: tuple[int, int, int]) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.create_function("parent_hash", 1, _parent_hash, deterministic=True)
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(SCHEMA)
        self._database.execute("DELETE FROM version")
        self._database.execute("INSERT INTO version VALUES(?, ?, ?, '0')", version)

    def close(self) -> None:
        self._database.close()

    def rows(self) -> dict[str, Row]:
        cursor = self._database.execute(
            "SELECT path, type, inode, modtime, filesize, md5, fileid, remotePerm, contentChecksum FROM metadata"
        )
        return {values[0]: Row(*values) for values in cursor}

    def put(self, row: Row) -> None:
        self._database.execute(PUT, _values(row))

    def put_all(self, rows: Iterable[Row]) -> None:
        """Many at once."""
        self._database.execute("BEGIN")
        self._database.executemany(PUT, map(_values, rows))
        self._database.execute("COMMIT")

    def remove(self, path: str) -> None:
        self._database.execute("DELETE FROM metadata WHERE path = ?", (path,))

    def begin_upload(self, path: str, size: int, mtime: int) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO uploadinfo VALUES(?, 0, 0, 0, ?, ?, '')",
            (path, size, mtime),
        )

    def end_upload(self, path: str) -> None:
        self._database.execute("DELETE FROM uploadinfo WHERE path = ?", (path,))

    def add_conflict(self, path: str, base_path: str, base: Row) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO conflicts VALUES(?, ?, ?, ?, ?)",
            (path, base.fileid, base.etag, base.mtime, base_path),
        )


def _values(row: Row) -> tuple[str | int, ...]:
    """For `PUT`."""
    return (
        _hash(row.path),
        len(row.path.encode()),
        row.path,
        row.type,
        row.inode,
        row.mtime,
        row.size,
        row.etag,
        row.fileid,
        row.permissions,
        row.checksum,
        1 if row.checksum else 0,
    )


def _hash(path: str) -> int:
    """A signed 64-bit number; the real client's hash is another one, which nothing outside it computes."""
    return int.from_bytes(hashlib.blake2b(path.encode(), digest_size=8).digest(), "big", signed=True)


def _parent_hash(path: str) -> int:
    return _hash(path.rpartition("/")[0])
