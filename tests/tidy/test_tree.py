"""What the tree may hold: layout, words that no file has, sizes that keep modules readable."""

import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ("ledger", "projectors", "scenarios", "schemas", "services")
GENERATED = {"ledger/core/messages.py", "ledger/log/wire.py"}
VENDOR = "projectors/web/static/vendor/"
LINES_MAX = 500
UNFINISHED = re.compile(
    "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImpl" + "emented", "for n" + "ow,"))
)
PLACES = re.compile(
    "|".join(("pypi" + r"\.org", "python" + r"hosted", r"(?<!\w)/(wo" + "rk|ro" + "ot|ho" + "me)/"))
)
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}


def tracked() -> list[Path]:
    """Files of the tree that git does not ignore, whether committed yet or not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True,
        cwd=ROOT,
        check=True,
    ).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every text file of the tree by its path."""
    found: dict[str, str] = {}
    for path in tracked():
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def code_of(texts: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name.endswith(".py")}


def shipped_code_of(texts: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in code_of(texts).items() if name.split("/")[0] in SHIPPED}


def test_nothing_is_left_unfinished(texts: dict[str, str]) -> None:
    own = {name: text for name, text in texts.items() if not name.startswith(VENDOR)}
    assert [name for name, text in own.items() if UNFINISHED.search(text)] == []


def test_no_file_names_a_package_index_or_a_directory_of_one_machine(texts: dict[str, str]) -> None:
    assert [name for name, text in texts.items() if PLACES.search(text)] == []


def test_shipped_code_has_no_assert_and_no_broad_handler(texts: dict[str, str]) -> None:
    forbidden = re.compile(
        r"^\s*(assert |except Exception|except BaseException:\s*(#.*)?$|except:)", re.MULTILINE
    )
    found = [
        name
        for name, text in shipped_code_of(texts).items()
        for match in forbidden.finditer(text)
        if not reraises(text[match.end() :])
    ]
    assert found == []


def reraises(rest: str) -> bool:
    """Whether a handler keeps nothing that it caught: its block ends by raising."""
    block: list[str] = []
    for line in rest.splitlines()[1:]:
        if block and line and len(line) - len(line.lstrip()) < len(block[0]) - len(block[0].lstrip()):
            break
        if line.strip():
            block.append(line)
    return bool(block) and block[-1].strip().startswith("raise")


def test_tests_are_neither_skipped_nor_slowed_down_by_sleep(texts: dict[str, str]) -> None:
    forbidden = re.compile(
        "|".join((r"pytest\.(mark\.)?(sk" + "ip|xf" + "ail)", "importor" + "skip", r"time\.sl" + r"eep\("))
    )
    tests = {name: text for name, text in code_of(texts).items() if name.startswith("tests/")}
    assert [name for name, text in tests.items() if forbidden.search(text)] == []


def test_modules_are_named_after_what_they_hold(texts: dict[str, str]) -> None:
    words = {name: set(name.removesuffix(".py").split("/")) for name in code_of(texts)}
    assert [name for name, parts in words.items() if parts & VAGUE_NAMES] == []


def test_modules_stay_small(texts: dict[str, str]) -> None:
    sizes = {name: text.count("\n") for name, text in code_of(texts).items() if name not in GENERATED}
    assert {name: size for name, size in sizes.items() if size > LINES_MAX} == {}


def test_test_folders_are_plain_folders_and_packages_are_packages(texts: dict[str, str]) -> None:
    folders = {name.rsplit("/", 1)[0] for name in shipped_code_of(texts)}
    assert [folder for folder in sorted(folders) if f"{folder}/__init__.py" not in texts] == []
    assert [name for name in texts if re.match(r"(tests|benchmarks)/.*__init__\.py$", name)] == []


def test_wheel_and_image_have_every_package(texts: dict[str, str]) -> None:
    found = tomllib.loads(texts["pyproject.toml"])["tool"]["setuptools"]["packages"]["find"]
    assert [pattern.rstrip("*") for pattern in sorted(found["include"])] == list(SHIPPED)
    assert {f"!{package}" for package in SHIPPED} <= set(texts[".dockerignore"].splitlines())


def test_every_make_target_explains_itself(texts: dict[str, str]) -> None:
    targets = set(re.findall(r"^\.PHONY: (.*)$", texts["Makefile"], re.MULTILINE)[0].split()) - {"static"}
    explained = set(re.findall(r"^([a-z-]+):.*## ", texts["Makefile"], re.MULTILINE))
    assert targets == explained


def test_every_installed_library_is_locked_with_hashes(texts: dict[str, str]) -> None:
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    asked = {
        re.split(r"[>=<\[ ;]", line, maxsplit=1)[0]
        for line in chain(project["dependencies"], *project["optional-dependencies"].values())
    }
    entries = re.split(r"\n(?=\S)", texts["requirements.lock"].strip())
    locked = {entry.split("==")[0]: entry for entry in entries}
    assert asked - set(locked) == set()
    assert [name for name, entry in locked.items() if "--hash=sha256:" not in entry] == []


def test_every_decision_says_what_would_change_it(texts: dict[str, str]) -> None:
    decisions = {name: text for name, text in texts.items() if re.match(r"docs/adr/\d{4}-", name)}
    assert decisions
    for heading in ("## Context", "## Decision", "## Consequences", "## What would change our mind"):
        assert [name for name, text in decisions.items() if heading not in text] == []
    assert [name for name, text in decisions.items() if text.count("\n") > 60] == []
