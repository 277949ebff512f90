from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smartfleet.nextcloud.accounts import (
    Account,
    Folder,
    client_version,
    group_version,
    proxy_password_keys,
    read_accounts,
)
from smartfleet.nextcloud.qsettings import parse, scan
from tests.unit.client_files import SAMPLES

FOLDER = Folder(
    account="0",
    group="Folders",
    alias="0",
    local_path="/home/eva/Büro Ablage, neu".encode(),
    target_path="/",
    journal_path=".sync_de16309fa93d.db",
    paused=False,
    ignore_hidden=False,
    virtual_files="off",
    version=2,
)
ALICE = Account(
    number="0",
    url="http://localhost:8102",
    user="alice",
    login="alice",
    auth_type="webflow",
    display_name='Jürgen; M, "x" 日本 =\\ %',
    version=1,
    e2ee=False,
    client_cert=False,
    proxy_user="",
    proxy_host="",
    folders=[FOLDER],
)


@pytest.mark.parametrize(
    ("name", "client", "group", "accounts"),
    [
        ("client-3.7.3/u7.cfg", "3.7.3git", 2, [ALICE]),
        ("client-3.16.7/u16.cfg", "3.16.7-1~deb13u1 (Debian built)", 13, [replace(ALICE, version=13)]),
        ("client-3.7.3/e7.cfg", "3.7.3git", 2, []),
        ("client-3.16.7/e16.cfg", "3.16.7-1~deb13u1 (Debian built)", 0, []),
    ],
)
def test_real_files(name: str, client: str, group: int, accounts: list[Account]) -> None:
    ini = parse((SAMPLES / Path(name)).read_bytes())
    assert client_version(ini) == client
    assert group_version(ini) == group
    assert read_accounts(ini) == accounts


def account(*lines: bytes) -> Account:
    found = read_accounts(parse(b"[Accounts]\n0\\url=https://a\n" + b"".join(line + b"\n" for line in lines)))
    assert len(found) == 1
    return found[0]


LOGINS = [
    ("webflow", [b"0\\webflow_user=eva", b"0\\dav_user=id1"], "eva", "id1"),
    ("http, as the client migrates it", [b"0\\authType=http", b"0\\http_user=eva"], "eva", "eva"),
    ("webflow before http", [b"0\\http_user=old", b"0\\webflow_user=eva"], "eva", "eva"),
    ("legacy user", [b"0\\user=eva"], "eva", "eva"),
    ("invalid legacy user", [b"0\\user=@Invalid()", b"0\\webflow_user=eva"], "eva", "eva"),
    ("mail address", [b"0\\webflow_user=eva@example.org", b"0\\dav_user=eva"], "eva@example.org", "eva"),
    ("at sign in front", [b"0\\webflow_user=@@eva"], "@eva", "@eva"),
]


@pytest.mark.parametrize(("lines", "login", "user"), [case[1:] for case in LOGINS], ids=[case[0] for case in LOGINS])
def test_login_and_user(lines: list[bytes], login: str, user: str) -> None:
    found = account(*lines)
    assert (found.login, found.user) == (login, user)


def test_all_three_folder_groups_in_order() -> None:
    found = account(
        b"0\\FoldersWithPlaceholders\\3\\localPath=C:/Users/eva/Nextcloud/",
        b"0\\FoldersWithPlaceholders\\3\\virtualFilesMode=wincfapi",
        b"0\\FoldersWithPlaceholders\\3\\version=3",
        b"0\\Multifolders\\2\\localPath=/srv/x",
        b"0\\Multifolders\\2\\paused=true",
        b"0\\Folders\\10\\localPath=/b",
        b"0\\Folders\\9\\localPath=/a",
        b"0\\Folders\\9\\usePlaceholders=true",
        b"0\\Folders\\8\\targetPath=/no-local-path",
        b"0\\Folders\\a__SLASH__b\\localPath=/c",
    ).folders
    assert [(one.group, one.alias, one.local_path) for one in found] == [
        ("Folders", "9", b"/a"),
        ("Folders", "10", b"/b"),
        ("Folders", "a__SLASH__b", b"/c"),
        ("Multifolders", "2", b"/srv/x"),
        ("FoldersWithPlaceholders", "3", b"C:/Users/eva/Nextcloud/"),
    ]
    assert [one.virtual_files for one in found] == ["suffix", "off", "off", "off", "wincfapi"]
    assert [one.paused for one in found] == [False, False, False, True, False]
    assert found[0].ignore_hidden
    assert found[4].version == 3
    assert found[0].key("journalPath") == "0/Folders/9/journalPath"


URLS = [
    (b"https://a.example/nc", "https://a.example/nc"),
    (b"@Variant(\\0\\0\\0\\x11\\0\\0\\0\\x15http://localhost:8102)", "http://localhost:8102"),
    (b'"https://a.example/?x=1"', "https://a.example/?x=1"),
]


@pytest.mark.parametrize(("raw", "url"), URLS)
def test_urls(raw: bytes, url: str) -> None:
    assert [one.url for one in read_accounts(parse(b"[Accounts]\n7\\url=" + raw + b"\n"))] == [url]


@pytest.mark.parametrize(
    "raw", [b"", b"@Invalid()", b"@Variant(\\0)", b"@Variant(\\0\\0\\0\\x11\\0\\0\\0\\xffhttp://a)", b"a, b"]
)
def test_an_account_without_a_url_is_none(raw: bytes) -> None:
    assert read_accounts(parse(b"[Accounts]\n7\\url=" + raw + b"\nversion=2\n")) == []


def test_accounts_are_in_order_and_apart() -> None:
    ini = parse(b"[Accounts]\n10\\url=https://c\n2\\url=https://b\n0\\url=https://a\n2\\Folders\\1\\localPath=/x\n")
    assert [(one.number, one.url, len(one.folders)) for one in read_accounts(ini)] == [
        ("0", "https://a", 0),
        ("2", "https://b", 1),
        ("10", "https://c", 0),
    ]


def test_signs_of_encryption_certificate_and_proxy() -> None:
    plain = account(b"0\\encryptionCertificateSha256Fingerprint=@ByteArray()", b"0\\networkProxyUser=me")
    assert (plain.e2ee, plain.client_cert, plain.proxy_user) == (False, False, "")
    found = account(
        b"0\\encryptionCertificateSha256Fingerprint=@ByteArray(ab)",
        b"0\\webflow_clientCertBundle=@ByteArray(PKCS)",
        b"0\\networkProxyUser=me",
        b"0\\networkProxyNeedsAuth=true",
        b"0\\networkProxyHostName=proxy",
    )
    assert (found.e2ee, found.client_cert, found.proxy_user, found.proxy_host) == (True, True, "me", "proxy")


def test_secrets_in_plain_text_are_named_and_nothing_else() -> None:
    data = (
        b"[Proxy]\npass=c2VjcmV0\nuser=me\nneedsAuth=true\n[Accounts]\n0\\http_clientCertPasswd=x\n0\\url=https://a\n"
    )
    data += b"0\\http_password=y\n0\\networkProxyPassword=\n[ownCloud]\npassword=z\n"
    assert set(proxy_password_keys(parse(data))) == {
        ("Proxy", "pass"),
        ("Accounts", "0\\http_clientCertPasswd"),
        ("Accounts", "0\\http_password"),
        ("ownCloud", "password"),
    }
    for path in SAMPLES.rglob("*.cfg"):
        assert proxy_password_keys(parse(path.read_bytes())) == []


@pytest.mark.parametrize("text", [b"99999999999999999999", b"x", b"", b"-1.5", b"@Invalid()"])
def test_versions_that_are_no_numbers_count_as_none(text: bytes) -> None:
    assert account(b"0\\version=" + text).version == 0


def test_paths_keep_bytes_that_are_no_text_readable() -> None:
    found = read_accounts(scan(b"[Accounts]\n0\\url=https://a\n0\\Folders\\1\\localPath=/home/\xff\\xd800\n"))
    assert found[0].folders[0].local_path.startswith(b"/home/")
