"""Evidence with signatures of the real ssh-keygen and the real minisign."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet import evidence
from smartfleet.errors import UsageError
from smartfleet.model.evidence import EvidenceDocument, SignatureCheck
from tests.unit.builders import facts_of, fleet_config
from tests.unit.reported import AUDITED, host, report, words

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not (shutil.which("minisign") and shutil.which("ssh-keygen")), reason="needs make live-deps"),
]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of ada and of eve, with passphrase and without."""
    keys = tmp_path_factory.mktemp("keys")
    for name, phrase in (("ada", ""), ("eve", ""), ("locked", "secret")):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", phrase, "-C", name, "-f", str(keys / name)]
        subprocess.run(command, check=True)
        subprocess.run(
            ["minisign", "-G", "-W", "-p", str(keys / f"{name}.minipub"), "-s", str(keys / f"{name}.minikey")],
            check=True, capture_output=True,
        )  # fmt: skip
    public = (keys / "ada.pub").read_text()
    (keys / "allowed").write_text(f'# who may sign\n\nada@example.org namespaces="smartfleet-*" {public}')
    (keys / "other-use").write_text(f'ada@example.org namespaces="git" {public}')
    (keys / "bare.minipub").write_text((keys / "ada.minipub").read_text().splitlines()[1])
    return keys


def written(folder: Path, key: Path) -> Path:
    facts = [("pc-1", AUDITED, facts_of({"accounts": [{}]}))]
    basis = evidence.Basis(facts, [], [], fleet_config())
    evidence.write(folder, report(profiles=[], hosts=[host()]), basis, words(), key)
    return folder


@pytest.fixture(scope="module")
def signed(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = written(tmp_path_factory.mktemp("signed") / "evidence", keys / "ada")
    minisign = ["minisign", "-S", "-s", str(keys / "ada.minikey"), "-m", str(folder / "SHA256SUMS")]
    subprocess.run([*minisign, "-x", str(folder / "SHA256SUMS.minisig")], check=True, capture_output=True)
    return folder


@pytest.fixture
def copy(signed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(signed, tmp_path / "copy"))


def signature(found: EvidenceDocument, kind: str) -> SignatureCheck:
    return next(one for one in found.signatures if one.kind == kind)


def codes(found: EvidenceDocument) -> list[str]:
    return [problem.code for problem in found.problems]


@pytest.mark.parametrize(
    ("signer", "kind", "who"),
    [
        ("allowed", "ssh", "ada@example.org"),
        ("ada.pub", "ssh", ""),
        ("ada.minipub", "minisign", ""),
        ("bare.minipub", "minisign", ""),
    ],
)
def test_the_signer_is_known(signed: Path, keys: Path, signer: str, kind: str, who: str) -> None:
    found = evidence.check(signed, keys / signer)
    one = signature(found, kind)
    assert (found.ok, codes(found), one.state, one.signer) == (True, [], "good", who)
    assert one.key.startswith("SHA256:" if kind == "ssh" else "RW")


def test_whose_key_it_was_is_open_where_nobody_was_named(signed: Path) -> None:
    found = evidence.check(signed)
    assert (found.ok, codes(found)) == (True, ["signer-unknown"])
    assert [one.state for one in found.signatures] == ["valid", "unchecked"]


@pytest.mark.parametrize("signer", ["eve.pub", "eve.minipub", "other-use"])
def test_another_signer_is_not_believed(signed: Path, keys: Path, signer: str) -> None:
    found = evidence.check(signed, keys / signer)
    assert not found.ok
    assert {"signature-bad", "not-signed-by"} <= set(codes(found))


@pytest.mark.parametrize("signer", [None, "allowed", "ada.minipub"])
def test_a_list_that_was_made_anew_has_no_signature(copy: Path, keys: Path, signer: str | None) -> None:
    with (copy / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  more\n")
    found = evidence.check(copy, keys / signer if signer else None)
    assert not found.ok
    assert "signature-bad" in codes(found)


@pytest.mark.parametrize("kind", ["ssh", "minisign"])
def test_a_signature_that_is_none_is_bad(copy: Path, keys: Path, kind: str) -> None:
    name, signer = ("sig", "ada.pub") if kind == "ssh" else ("minisig", "ada.minipub")
    place = copy / f"SHA256SUMS.{name}"
    for content in (b"", b"\x00\x1b[2J" * 100, b"x" * 100_000):
        place.write_bytes(content)
        found = evidence.check(copy, keys / signer)
        assert signature(found, kind).state == "bad"
    place.unlink()
    place.symlink_to("/dev/zero")
    assert signature(evidence.check(copy, keys / signer), kind).state == "bad"
    place.unlink()
    assert codes(evidence.check(copy, keys / signer)) == ["not-signed-by"]


def test_a_signature_for_another_use_does_not_fit(copy: Path, keys: Path) -> None:
    (copy / "SHA256SUMS.sig").unlink()
    command = ["ssh-keygen", "-Y", "sign", "-f", str(keys / "ada"), "-n", "git", str(copy / "SHA256SUMS")]
    subprocess.run(command, check=True, capture_output=True)
    assert signature(evidence.check(copy, keys / "allowed"), "ssh").state == "bad"
    assert signature(evidence.check(copy), "ssh").state == "bad"


def test_the_readme_tells_commands_that_work(signed: Path, keys: Path) -> None:
    told = (signed / "README.txt").read_text().replace("\\\n", " ")
    start = told.index("ssh-keygen -Y verify")
    ssh = told[start:].partition("\n")[0].replace("ALLOWED_SIGNERS", str(keys / "allowed"))
    start = told.index("minisign -V")
    minisign = told[start:].partition("\n")[0].replace("KEY.pub", str(keys / "ada.minipub"))
    for command in (ssh.replace("SIGNER", "ada@example.org"), minisign, "sha256sum --check SHA256SUMS"):
        subprocess.run(["sh", "-c", command], cwd=signed, check=True, capture_output=True)


def test_minisign_signs(keys: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "e", keys / "ada.minikey")
    assert evidence.check(folder, keys / "ada.minipub").ok
    assert (folder / "SHA256SUMS.minisig").is_file()


@pytest.fixture
def agent(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL) as process:
        try:
            monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
            while not socket.exists():
                assert process.poll() is None
            subprocess.run(["ssh-add", "-q", str(keys / "ada")], check=True)
            yield
        finally:
            process.terminate()


@pytest.mark.usefixtures("agent")
def test_an_agent_signs_for_a_public_key(keys: Path, tmp_path: Path) -> None:
    public = tmp_path / "ada.pub"
    shutil.copy(keys / "ada.pub", public)
    assert evidence.check(written(tmp_path / "e", public), keys / "allowed").ok


def test_a_key_that_stays_locked_signs_nothing(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    with pytest.raises(UsageError, match="did not sign"):
        written(tmp_path / "e", keys / "locked")
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_is_missing_is_named(
    signed: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for signer in ("allowed", "ada.minipub"):
        with pytest.raises(UsageError, match="is not installed"):
            evidence.check(signed, keys / signer)
    with pytest.raises(UsageError, match="is not installed"):
        written(tmp_path / "e", keys / "ada")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - hidden ones too


@pytest.mark.parametrize("name", ["ada", "ada.minikey", "gone"])
def test_who_signs_is_no_secret_key(signed: Path, keys: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        evidence.check(signed, keys / name)
    assert caught.value.code == "evidence/no-signer"
