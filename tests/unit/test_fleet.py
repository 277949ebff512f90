"""smartfleet.yml: what it takes, and how it is told what is wrong with it (cases/fleet.yml)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from smartfleet.errors import FleetError
from smartfleet.fleet import Fleet, FleetConfig, load_fleet
from smartfleet.fleet.example import write_example
from smartfleet.fleet.load import read_settings
from smartfleet.fleet.source import read_source
from smartfleet.text import visible
from tests.unit.builders import Case, cases

CASES = cases("fleet")
DOC = Path(__file__).parents[2] / "docs" / "fleet.md"
GOOD = "servers:\n  old: [https://old.example.org]\n  new: https://new.example.org\n"


def fleet_of(folder: Path, text: str = GOOD) -> Path:
    (folder / "inventory").mkdir(exist_ok=True)
    (folder / "smartfleet.yml").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_wrong_files(case: Case, tmp_path: Path) -> None:
    with pytest.raises(FleetError) as caught:
        load_fleet(fleet_of(tmp_path, case["text"]))
    error = caught.value
    assert error.code == case["code"], error.message
    assert error.message.startswith(f"{tmp_path / 'smartfleet.yml'}:{case['line']}: "), error.message
    for part in case["says"]:
        assert part in error.message
    for part in case.get("hides", []):
        assert part not in str(error)
    assert case.get("do", "") in error.do
    assert error.exit_code == 2


def test_all_mistakes_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "verify:\n  level: all\nservers:\n  old: [x]\n  new: https://new.example.org\n  newer: 1\n"
    with pytest.raises(FleetError) as caught:
        load_fleet(fleet_of(tmp_path, text))
    lines = [
        int(line.removeprefix(f"{tmp_path}/smartfleet.yml:").split(":")[0])
        for line in caught.value.message.splitlines()
    ]
    assert lines == [2, 4, 6]
    assert caught.value.code == "fleet/wrong-value"


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    fleet = load_fleet(fleet_of(tmp_path))
    assert fleet == Fleet(tmp_path, FleetConfig.model_validate(yaml.safe_load(GOOD)))
    assert (fleet.inventory, fleet.state) == (tmp_path / "inventory", tmp_path / ".smartfleet")
    assert not fleet.state.exists()
    assert fleet.config.move.strategy == "move"
    assert fleet.config.install.linux.package == "nextcloud-desktop"


def test_several_old_servers_with_ports_and_paths(tmp_path: Path) -> None:
    urls = [
        "https://old.example.org",
        "http://old.example.org:8080/nextcloud/",
        "https://bücher.example",
        "https://[2001:db8::1]:8443/nc",
    ]
    listed = "".join(f"    - {url!r}\n" for url in urls)
    fleet = load_fleet(fleet_of(tmp_path, f"servers:\n  new: https://new.example.org/nextcloud\n  old:\n{listed}"))
    assert fleet.config.servers.old == urls
    assert fleet.warnings == ()


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://new.example.org", True),
        ("http://192.0.2.1:8080", True),
        ("http://127.0.0.9:8080", False),
        ("http://localhost", False),
        ("http://[::1]:80", False),
        ("https://new.example.org", False),
    ],
)
def test_a_new_server_without_tls_is_warned_of(url: str, warned: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case
    fleet = load_fleet(fleet_of(tmp_path, f"servers:\n  old: [https://old.example.org]\n  new: {url!r}\n"))
    assert bool(fleet.warnings) == warned
    assert all(warning.startswith(f"{tmp_path}/smartfleet.yml:3: ") for warning in fleet.warnings)


def test_a_byte_order_mark_and_crlf_are_fine(tmp_path: Path) -> None:
    fleet_of(tmp_path)
    (tmp_path / "smartfleet.yml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_fleet(tmp_path).config.servers.new == "https://new.example.org"


def test_a_store_url() -> None:
    for url in ("postgresql+psycopg://smartfleet@db:5432/smartfleet", "sqlite:////var/lib/x.sqlite", ""):
        config, _ = read_settings(Path("smartfleet.yml"), f"{GOOD}store: '{url}'\n")
        assert config.store == url


class TestFolders:
    def test_not_a_fleet(self, tmp_path: Path) -> None:
        with pytest.raises(FleetError) as caught:
            load_fleet(tmp_path)
        assert caught.value.code == "fleet/not-a-fleet"
        assert f"smartfleet init {tmp_path}" in caught.value.do

    def test_no_folder_at_all(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for folder in (tmp_path / "nothing", tmp_path / "file"):
            with pytest.raises(FleetError) as caught:
                load_fleet(folder)
            assert caught.value.code == "fleet/not-a-fleet"

    def test_no_inventory(self, tmp_path: Path) -> None:
        (tmp_path / "smartfleet.yml").write_text(GOOD)
        with pytest.raises(FleetError) as caught:
            load_fleet(tmp_path)
        assert caught.value.code == "fleet/no-inventory"

    def test_a_folder_in_the_files_place(self, tmp_path: Path) -> None:
        (tmp_path / "smartfleet.yml").mkdir()
        with pytest.raises(FleetError) as caught:
            load_fleet(tmp_path)
        assert caught.value.code == "fleet/unreadable"

    def test_a_large_file(self, tmp_path: Path) -> None:
        with pytest.raises(FleetError) as caught:
            load_fleet(fleet_of(tmp_path, "#" * 1_000_001))
        assert caught.value.code == "fleet/too-large"

    def test_a_file_that_is_not_utf8(self, tmp_path: Path) -> None:
        fleet_of(tmp_path)
        (tmp_path / "smartfleet.yml").write_bytes(GOOD.encode() + b"# Stra\xdfe\n")
        with pytest.raises(FleetError) as caught:
            load_fleet(tmp_path)
        assert caught.value.code == "fleet/encoding"
        assert ":4: " in caught.value.message


class TestExample:
    def test_it_can_be_loaded(self, tmp_path: Path) -> None:
        old = ["https://old.example.org/nc", "http://old.example.org:8080"]
        written = write_example(tmp_path / "fleet", old, "https://mein.smartde.coop")
        fleet = load_fleet(tmp_path / "fleet")
        assert fleet.config.servers.old == old
        assert fleet.config.servers.new == "https://mein.smartde.coop"
        assert sorted(file.relative_to(tmp_path / "fleet").as_posix() for file in written) == [
            ".gitignore",
            "inventory/group_vars/all.yml",
            "inventory/group_vars/linux.yml",
            "inventory/group_vars/macos.yml",
            "inventory/group_vars/windows.yml",
            "inventory/hosts.yml",
            "smartfleet.yml",
        ]
        assert all(file.is_file() for file in written)

    def test_what_it_spells_out_are_the_defaults(self, tmp_path: Path) -> None:
        write_example(tmp_path, ["https://old.example.org"], "https://new.example.org")
        assert load_fleet(tmp_path).config == FleetConfig.model_validate(yaml.safe_load(GOOD))

    def test_its_comments_name_only_keys_that_exist(self, tmp_path: Path) -> None:
        write_example(tmp_path, ["https://old.example.org"], "https://new.example.org")
        text = (tmp_path / "smartfleet.yml").read_text("utf-8")
        commented = re.sub(
            r"^(\s*)# (?=text:|store:|macos:|windows:|sending:|(?:  )+[a-z0-9_]+:)", r"\1", text, flags=re.MULTILINE
        )
        (tmp_path / "smartfleet.yml").write_text(commented.replace("example.org/smartfleet", "x/y"))
        config = load_fleet(tmp_path).config
        assert config.notices.text
        assert config.store
        assert config.sending.webhooks
        assert config.install.windows.state == "latest"
        assert config.install.windows.msi
        assert list(config.sending.targets) == ["desk", "auditors"]

    def test_a_fleet_is_never_replaced(self, tmp_path: Path) -> None:
        write_example(tmp_path, ["https://old.example.org"], "https://new.example.org")
        before = (tmp_path / "smartfleet.yml").read_bytes()
        with pytest.raises(FleetError) as caught:
            write_example(tmp_path, ["https://x.example.org"], "https://y.example.org")
        assert caught.value.code == "fleet/exists"
        assert (tmp_path / "smartfleet.yml").read_bytes() == before

    def test_an_inventory_that_is_there_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "inventory").mkdir()
        (tmp_path / ".gitignore").write_text("*.log\n")
        written = write_example(tmp_path, ["https://old.example.org"], "https://new.example.org")
        assert written == [tmp_path / "smartfleet.yml"]
        assert list((tmp_path / "inventory").iterdir()) == []
        assert (tmp_path / ".gitignore").read_text() == "*.log\n"

    @pytest.mark.parametrize("new", ["new.example.org", "https://old.example.org/", 'https://x"\nstore: y', ""])
    def test_wrong_urls_write_nothing(self, new: str, tmp_path: Path) -> None:
        with pytest.raises(FleetError):
            write_example(tmp_path / "fleet", ["https://old.example.org"], new)
        assert not (tmp_path / "fleet").exists()

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(FleetError) as caught:
            write_example(tmp_path / "file" / "fleet", ["https://old.example.org"], "https://new.example.org")
        assert caught.value.code == "fleet/unwritable"


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _keys(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_every_key_is_documented() -> None:
    documented = re.findall(r"^\| `([a-z0-9_.]+)` \|", DOC.read_text("utf-8"), re.MULTILINE)
    assert documented == list(_keys(FleetConfig))


def test_every_default_is_documented() -> None:
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \| [^|]* \| `([^`]+)` \|", DOC.read_text("utf-8"), re.MULTILINE)
    config: Any = FleetConfig.model_validate(yaml.safe_load(GOOD)).model_dump()
    assert len(rows) > 8
    for key, default in rows:
        value = config
        for part in key.split("."):
            value = value[part]
        assert str(value) == default, key


def test_every_code_is_documented() -> None:
    sources = Path(__file__).parents[2].glob("smartfleet/fleet/*.py")
    used = {code for source in sources for code in re.findall(r'"(fleet/[a-z0-9-]+)"', source.read_text("utf-8"))}
    assert used == set(re.findall(r"`(fleet/[a-z0-9-]+)`", DOC.read_text("utf-8")))


yaml_text = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
).map(lambda data: yaml.safe_dump(data, allow_unicode=True))


def settings_error(text: str) -> FleetError | None:
    try:
        read_settings(Path("smartfleet.yml"), text)
    except FleetError as error:
        return error
    return None


@given(yaml_text | st.text(max_size=200))
def test_any_text_is_settings_or_an_error_with_a_line(text: str) -> None:
    error = settings_error(text)
    assert error is None or re.match(r"smartfleet\.yml:[1-9][0-9]*: ", error.message)
    assert error is None or all(line == visible(line) for line in error.message.split("\n"))


@given(st.text(max_size=40) | st.from_regex(r"(https?://|\\\\)[a-z0-9.:@/\\\[\]#? -]{0,30}(\.msi)?", fullmatch=True))
def test_any_place_of_an_msi_is_good_or_an_error(place: str) -> None:
    settings = {"msi": place, "sha256": "c" * 64, "version": "3.16.7", "state": "present"}
    text = f"{GOOD}install: {{windows: {json.dumps(settings)}}}\n"
    error = settings_error(text)
    assert error is None or error.code.startswith("fleet/")
    if error is None:
        assert place.startswith(("https://", "http://127.", "http://localhost", "\\\\", "HTTPS://"))
        assert place.lower().split("?")[0].endswith(".msi")


@given(yaml_text)
def test_lines_are_lines_of_the_text(text: str) -> None:
    lines = read_source(text).lines.values()
    # YAML knows more line ends than editors do
    assert all(1 <= line <= len(re.split("\r\n|[\n\r\x85\u2028\u2029]", text)) for line in lines)
