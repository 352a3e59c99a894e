"""The pages of the documentation are what the code gives, and name only what there is."""

from pathlib import Path

from docs.generate.__main__ import stale_pages, wrong
from docs.generate.api_page import application, scopes
from docs.generate.links import broken_links
from docs.generate.markdown import anchors, code_blocks, prose
from docs.generate.metrics_page import SERVICES
from docs.generate.snippets import command_lines, unknown_commands
from tests.transcripts import ROOT

PAGE = """# A [link](x.md) and `code`

```sh
ledger submit a.ndjson | ledger run --data x   # comment
LIVE=1 projectors run --follow &
docker/compose exec -T projectors projectors verify
```

## A link and code

```
## not a heading
```
"""


def test_nothing_generated_is_stale() -> None:
    assert [path.name for path in stale_pages()] == [], "run `make docs`"


def test_every_link_command_and_route_in_the_pages_is_there() -> None:
    assert list(wrong(ROOT)) == []


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    left_out = {page for page in pages if f"]({page})" not in index and not page.startswith("adr/")}
    assert left_out == {"README.md"}


def test_every_registry_of_metrics_is_in_the_reference() -> None:
    shipped = [
        path for package in ("ledger", "projectors", "services") for path in (ROOT / package).rglob("*.py")
    ]
    with_registry = {
        path.relative_to(ROOT).as_posix()
        for path in shipped
        if "CollectorRegistry()" in path.read_text(encoding="utf-8")
    }
    told = {f"{kind.__module__.replace('.', '/')}.py" for kind in SERVICES.values()}
    assert with_registry == told


def test_headings_get_the_anchors_that_github_gives_them() -> None:
    assert anchors(PAGE) == {"a-link-and-code", "a-link-and-code-1"}
    assert "## not a heading" not in prose(PAGE)
    assert [language for language, _ in code_blocks(PAGE)] == ["sh", ""]


def test_command_lines_are_found_behind_pipes_settings_and_containers() -> None:
    assert list(command_lines(PAGE)) == [
        "ledger submit a.ndjson",
        "ledger run --data x",
        "projectors run --follow &",
        "projectors verify",
    ]


def test_a_link_or_command_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    root = tmp_path
    (root / "docs").mkdir()
    (root / "docs" / "page.md").write_text(
        "# Here\n[a](#there) [b](gone.md) [c](#here)\n```sh\nledger sumbit x\nledger run --dta x\n```\n"
    )
    assert broken_links(root) == ["docs/page.md: #there", "docs/page.md: gone.md"]
    assert unknown_commands(root) == [
        "docs/page.md: ledger sumbit x: there is no `ledger sumbit`",
        "docs/page.md: ledger run --dta x: `ledger run` has no --dta",
    ]


def test_the_scopes_of_the_reference_are_those_that_the_paths_name() -> None:
    found = scopes(application())
    assert found["/v1/markets"] == "public"
    assert found["/v1/account"] == "account"
    assert found["/v1/trial-balance"] == "operator"
    assert set(found.values()) == {"public", "account", "operator"}
