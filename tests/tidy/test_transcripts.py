"""What the transcripts of the documentation say is printed is what the programs print."""

from pathlib import Path

import pytest

from tests.transcripts import GROUPS, ROOT, agree, play, transcript


@pytest.mark.parametrize("group", GROUPS, ids=lambda pages: Path(pages[0]).stem)
def test_a_transcript_is_what_the_programs_print(group: tuple[str, ...], tmp_path: Path) -> None:
    for page, line, printed in play(group, tmp_path):
        assert agree(line.printed, printed), f"{page}: $ {line.command}\n{printed}"


def test_every_console_block_of_tutorial_and_explanation_is_run() -> None:
    pages = [*(ROOT / "docs" / "tutorial").glob("*.md"), *(ROOT / "docs" / "explanation").glob("*.md")]
    told = {page.relative_to(ROOT).as_posix() for page in pages if transcript(page)}
    assert told <= {page for group in GROUPS for page in group}


def test_what_a_page_leaves_out_may_be_anything_and_the_rest_is_compared() -> None:
    printed = "one\ntwo\nthree\nfour\n"
    assert agree("one\n…\nfour\n", printed)
    assert agree("…\nthree\nfour\n", printed)
    assert not agree("one\n…\nthree\n", printed)
    assert not agree("one\ntwo\n…\ntwo\nthree\nfour\n", printed)


def test_a_row_of_a_table_is_compared_as_one_however_it_is_wrapped() -> None:
    wrapped = "│ 7 │ 2026-11-26      │ a │\n│   │ 07:58:02.686336 │   │\n"
    assert agree("│ 7 │ 2026-01-19 04:27:54.1 │ a │\n", wrapped)
    assert not agree("│ 7 │ 2026-01-19 04:27:54.1 │ b │\n", wrapped)
