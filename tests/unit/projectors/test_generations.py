"""Which generation of a view serves, whatever died when."""

from pathlib import Path

import pytest

from ledger.errors import ViewCorrupt, ViewMissing
from projectors.stores import generations


def build(root: Path, view: str = "account") -> Path:
    generation = generations.begin(root, view)
    (generation / "0").mkdir()
    place = generations.serve(root, view, generation)
    assert place is not None
    return place


def test_the_first_generation_serves_from_its_place(tmp_path: Path) -> None:
    assert build(tmp_path) == tmp_path / "account" / "gen-1"
    assert generations.serving(tmp_path, "account") == tmp_path / "account" / "gen-1"
    assert (tmp_path / "account" / "gen-1" / "0").is_dir()


def test_the_next_generation_serves_and_the_one_before_is_kept(tmp_path: Path) -> None:
    build(tmp_path)
    build(tmp_path)
    assert generations.serving(tmp_path, "account").name == "gen-2"
    assert generations.numbers(tmp_path, "account") == [1, 2]


def test_a_generation_that_was_never_finished_does_not_serve_and_is_begun_again(tmp_path: Path) -> None:
    generations.begin(tmp_path, "account").joinpath("half").touch()
    assert not generations.exists(tmp_path, "account")
    build(tmp_path)
    generations.begin(tmp_path, "account").joinpath("half").touch()
    assert generations.serving(tmp_path, "account").name == "gen-1"
    assert list(generations.begin(tmp_path, "account").iterdir()) == []


def test_a_kill_between_the_two_steps_of_a_switch_leaves_the_old_one_serving(tmp_path: Path) -> None:
    build(tmp_path)
    generation = generations.begin(tmp_path, "account")
    generation.rename(tmp_path / "account" / "gen-2")
    assert generations.serving(tmp_path, "account").name == "gen-1"
    assert build(tmp_path).name == "gen-3"


def test_a_view_that_was_never_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(ViewMissing, match="`projectors run`"):
        generations.serving(tmp_path, "account")


@pytest.mark.parametrize("damage", ["no CURRENT", "no generation"])
def test_what_is_gone_is_not_made_again_by_itself(tmp_path: Path, damage: str) -> None:
    place = build(tmp_path)
    if damage == "no CURRENT":
        (place.parent / "CURRENT").unlink()
    else:
        place.rename(tmp_path / "elsewhere")
    with pytest.raises(ViewMissing, match="`projectors rebuild account`"):
        generations.serving(tmp_path, "account")


@pytest.mark.parametrize("text", ["", "gen-0", "../orders/gen-1", "gen-1\ngen-2", "\0"])
def test_a_current_that_names_no_generation_is_refused(tmp_path: Path, text: str) -> None:
    build(tmp_path).parent.joinpath("CURRENT").write_text(text)
    with pytest.raises(ViewCorrupt, match="`projectors rebuild account`"):
        generations.serving(tmp_path, "account")
