from __future__ import annotations

from dataclasses import replace

import pytest

from smartfleet.model.plan import AccountMove
from smartfleet.nextcloud.accounts import Account
from smartfleet.nextcloud.keys import entry_name, named_copies, secret_copies, unseen_copies
from smartfleet.nextcloud.names import login_key

OLD = "http://old.cloud.test:18080"
NEW = "https://mein.smartde.coop/"
EVA = Account(
    number="3",
    url=OLD,
    user="eva",
    login="eva@mail.example",
    auth_type="webflow",
    display_name="Eva",
    version=13,
    e2ee=False,
    client_cert=False,
    proxy_user="",
    proxy_host="",
    folders=[],
)


@pytest.mark.parametrize(
    ("login", "url", "number", "key"),
    [
        ("anna", "http://old.cloud.test:18080", "0", "anna:http://old.cloud.test:18080/:0"),
        ("anna", "http://old.cloud.test:18080/", "0", "anna:http://old.cloud.test:18080/:0"),
        ("eva", "https://HOST.example/nc", "12", "eva:https://host.example/nc/:12"),
        ("eva", "https://host.example", "", "eva:https://host.example/"),
        ("eva", "https://xn--mnchen-3ya.de", "0", "eva:https://münchen.de/:0"),
    ],
)
def test_names_of_the_login(login: str, url: str, number: str, key: str) -> None:
    assert login_key(login, url, number) == key


def test_one_copy_is_required() -> None:
    first, *others = secret_copies(EVA, OLD, NEW)
    assert (first.source, first.target, first.required) == (
        "eva@mail.example:http://old.cloud.test:18080/:3",
        "eva@mail.example:https://mein.smartde.coop/:3",
        True,
    )
    assert not any(copy.required for copy in others)
    assert len({copy.source for copy in others}) == len(others)


@pytest.mark.parametrize(
    "name",
    ["eva_app-password", "eva@mail.example_e2e-mnemonic", "eva_e2e-private", "eva@mail.example_clientKeyPEM"]
    + [f"eva@mail.example_clientCaCertificatePEM{number}" for number in range(10)],
)
def test_all_that_names_the_url_goes_along(name: str) -> None:
    copies = {copy.source: copy.target for copy in secret_copies(EVA, OLD, NEW)}
    assert copies[f"{name}:http://old.cloud.test:18080/:3"] == f"{name}:https://mein.smartde.coop/:3"


def test_only_what_is_there_if_the_keyring_was_seen() -> None:
    known = [
        "eva@mail.example:http://old.cloud.test:18080/:3",
        "eva_app-password:http://old.cloud.test:18080/:3",
        "eva@mail.example_clientKeyPEM.2:http://old.cloud.test:18080/:3",
        "eva@mail.example:http://old.cloud.test:18080/:4",
        "somebody:https://else/:0",
    ]
    assert [copy.source for copy in secret_copies(EVA, OLD, NEW, known)] == known[:3]


def test_an_entry_of_old_clients_stands_in() -> None:
    ancient = "eva@mail.example:http://old.cloud.test:18080/"
    found = secret_copies(EVA, OLD, NEW, [ancient])
    assert [(copy.source, copy.target) for copy in found] == [
        (ancient, "eva@mail.example:https://mein.smartde.coop/:3")
    ]


def test_a_missing_login_is_still_asked_for() -> None:
    assert [copy.source for copy in secret_copies(EVA, OLD, NEW, [])] == [login_key(EVA.login, OLD, "3")]


def test_the_proxys_password_is_named_after_the_host() -> None:
    proxied = replace(EVA, proxy_user="me", proxy_host="proxy")
    copies = {copy.source: copy.target for copy in secret_copies(proxied, OLD, NEW)}
    assert copies["eva@old.cloud.test:18080_proxy_password"] == "eva@mein.smartde.coop_proxy_password"
    same_host = {copy.source for copy in secret_copies(proxied, "http://mein.smartde.coop", NEW)}
    assert not any(source.endswith("_proxy_password") for source in same_host)


def test_on_windows_names_are_targets_of_the_credential_manager() -> None:
    elsewhere = {copy.source: copy.target for copy in secret_copies(EVA, OLD, NEW)}
    found = {copy.source: copy.target for copy in secret_copies(EVA, OLD, NEW, windows=True)}
    assert (
        found.items() >= {f"Nextcloud_{source}": f"Nextcloud_{target}" for source, target in elsewhere.items()}.items()
    )
    assert entry_name(EVA, windows=True) == f"Nextcloud_{entry_name(EVA, windows=False)}" == next(iter(found))


def test_on_windows_every_piece_is_ordered_that_may_be_there() -> None:
    move = AccountMove(number=EVA.number, login=EVA.login, user=EVA.user, old_url=OLD, new_url=NEW)
    copies = list(unseen_copies(move))
    assert all(copy.source.rpartition(f":{OLD}")[0] == copy.target.rpartition(f":{NEW}")[0] for copy in copies)
    sources = [copy.source for copy in copies]
    for name in ("clientCertificatePEM", "clientKeyPEM", "clientCaCertificatePEM3"):
        pieces = [source for source in sources if source.startswith(f"Nextcloud_eva@mail.example_{name}")]
        assert len(pieces) == 10
        assert f"Nextcloud_eva@mail.example_{name}.9:{OLD}/:3" in pieces
    assert len(set(sources)) == len(sources)


def test_named_and_unseen_copies_are_all_that_there_may_be() -> None:
    account = replace(EVA, proxy_user="eva", proxy_host="proxy.example")
    move = AccountMove(number=EVA.number, login=EVA.login, user=EVA.user, old_url=OLD, new_url=NEW)
    found = [*named_copies(account, OLD, NEW), *unseen_copies(move)]
    every = secret_copies(account, OLD, NEW, windows=True)
    assert {(copy.source, copy.target, copy.required) for copy in every} <= {
        (copy.source, copy.target, copy.required) for copy in found
    }
    assert len({copy.source for copy in found}) == len(found)


def test_the_proxys_password_has_no_prefix() -> None:
    account = replace(EVA, proxy_user="eva", proxy_host="proxy.example")
    copies = {copy.source: copy.target for copy in secret_copies(account, OLD, NEW, windows=True)}
    assert copies["eva@old.cloud.test:18080_proxy_password"] == "eva@mein.smartde.coop_proxy_password"
