"""Files of others that the dashboard brings along are what their packages released."""

import re
import tomllib
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).parent.parent.parent / "projectors" / "web" / "static" / "vendor"
FILES = tomllib.loads((VENDOR / "vendor.toml").read_text(encoding="utf-8"))["file"]


def test_every_file_is_the_one_that_was_released() -> None:
    found = {one["name"]: sha256((VENDOR / one["name"]).read_bytes()).hexdigest() for one in FILES}
    assert found == {one["name"]: one["sha256"] for one in FILES}


def test_every_file_is_listed_with_its_version_and_licence() -> None:
    named = {one["name"] for one in FILES} | {"vendor.toml"}
    licences = {name for one in FILES for name in re.findall(r"[a-z]+\.LICENSE", one["licence"])}
    assert {path.name for path in VENDOR.iterdir()} == named | licences
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", one["version"]) for one in FILES)
