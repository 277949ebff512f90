from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartfleet.nextcloud.urls import host_and_port, may_be_same, normalize, same_server, written

SAME = [
    ("https://a.example", "https://a.example/"),
    ("https://a.example", "https://a.example///"),
    ("https://a.example", "HTTPS://A.Example"),
    ("https://a.example", "https://a.example:443"),
    ("https://a.example", "https://a.example."),
    ("https://a.example", " https://a.example\n"),
    ("http://a.example", "http://a.example:80/"),
    ("http://a.example:8080/nc", "http://A.example:8080/nc/"),
    ("https://a.example/nc", "https://a.example//nc"),
    ("https://a.example/%7Eeva", "https://a.example/~eva"),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
    ("https://BÜCHER.example", "https://XN--BCHER-KVA.example"),
    ("https://[::1]", "https://[0:0:0:0:0:0:0:1]:443"),
]
DIFFERENT = [
    ("https://a.example", "http://a.example"),
    ("https://a.example", "https://a.example:8443"),
    ("https://a.example", "https://b.example"),
    ("https://a.example", "https://a.example/nc"),
    ("https://a.example/nc", "https://a.example/NC"),
    ("https://a.example/nc", "https://a.example/nc2"),
    ("https://a.example", "https://a.example.evil"),
    ("https://a.example", "https://a.example@evil"),
    ("https://a.example", "https://a.example/s/token"),
    ("https://a.example", ""),
    ("ftp://a.example", "ftp://a.example"),
    ("https://", "https://"),
    ("https://a.example:x", "https://a.example:x"),
    ("https://[::1", "https://[::1"),
    ("https://\u2488.example", "https://\u2488.example"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_server(one: str, other: str) -> None:
    assert same_server(one, other)
    assert same_server(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_servers(one: str, other: str) -> None:
    assert not same_server(one, other)
    assert not same_server(other, one)


@given(st.text())
def test_any_text_is_compared(text: str) -> None:
    assert not same_server(text, "https://a.example") or "a.example" in text.lower().replace("\u3002", ".")


@given(st.from_regex(r"https?://[a-z]{1,5}(\.[a-z]{2,4})?(:[1-9][0-9]{0,3})?(/[a-zA-Z%~.]{0,4}){0,3}", fullmatch=True))
def test_the_one_spelling_stays(url: str) -> None:
    assert normalize(normalize(url)) == normalize(url)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        ("http://old.example.org/nc", True),
        ("https://user@OLD.example.org:443/nc/", True),
        ("https://old.example.org/nc/index.php", True),
        ("https://old.example.org", True),
        ("https://old.example.org/nc2", False),
        ("https://old.example.org:8443/nc", False),
        ("https://cloud.old.example.org/nc", False),
        ("no address", False),
    ],
)
def test_what_may_be_the_same_server_at_another_address(one: str, *, expected: bool) -> None:
    assert may_be_same(one, "https://old.example.org/nc") is expected


def test_a_url_is_written_as_the_client_spells_it() -> None:
    assert written("HTTPS://Mein.SmartDE.coop/") == "https://mein.smartde.coop"
    assert written("https://new.example:8443/nc/") == "https://new.example:8443/nc"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://A.example/nc", "a.example"),
        ("http://a.example:80", "a.example"),
        ("http://a.example:8080", "a.example:8080"),
        ("https://xn--bcher-kva.de", "bücher.de"),
    ],
)
def test_host_and_port_as_the_client_names_them(url: str, shown: str) -> None:
    assert host_and_port(url) == shown
