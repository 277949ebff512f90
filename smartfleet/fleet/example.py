"""`smartfleet init`: a fleet folder to start from, made of the files in templates/fleet and inventory/."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from smartfleet.errors import FleetError
from smartfleet.fleet.load import read_settings
from smartfleet.paths import FLEET_FILE, data_folder


def write_example(folder: Path, old: Sequence[str], new: str) -> list[Path]:
    """Writes the files and returns them. An inventory that is there already is left alone; a fleet is never replaced.

    Raises FleetError if `folder` is a fleet already, cannot be written, or the URLs are none.
    """
    if (folder / FLEET_FILE).exists():
        raise FleetError(
            "fleet/exists", f"{folder / FLEET_FILE} is there already", do="Edit it, or choose another folder."
        )
    settings = _settings(old, new)
    read_settings(folder / FLEET_FILE, settings)
    texts = {FLEET_FILE: settings, **_inventory(folder), **_ignore(folder)}
    written = [folder / name for name in texts]
    try:
        for file, text in zip(written, texts.values(), strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as error:
        raise FleetError("fleet/unwritable", f"{folder} cannot be written: {error.strerror or error}") from None
    return written


def _settings(old: Sequence[str], new: str) -> str:
    # no autoescape: this is YAML, and the values go through tojson, which YAML reads as it stands
    environment = Environment(
        loader=FileSystemLoader(data_folder("templates") / "fleet"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it is YAML, and each value is written as JSON
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment.get_template(f"{FLEET_FILE}.j2").render(old=list(old), new=new)


def _inventory(folder: Path) -> dict[str, str]:
    if (folder / "inventory").exists():
        return {}
    source = data_folder("inventory")
    files = sorted(file for file in source.rglob("*.yml"))
    return {f"inventory/{file.relative_to(source).as_posix()}": file.read_text("utf-8") for file in files}


def _ignore(folder: Path) -> dict[str, str]:
    if (folder / ".gitignore").exists():
        return {}
    return {".gitignore": (data_folder("templates") / "fleet" / "gitignore").read_text("utf-8")}
