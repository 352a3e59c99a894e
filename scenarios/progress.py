"""A progress bar per stage, on stderr."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Report = Callable[[str, int, int], None]
"""Told the name of a stage, how much of it is done, and how much there is."""


@contextmanager
def stages(names: Mapping[str, str]) -> Iterator[Report]:
    """Bars for stages by their key; its text is shown, or the key where it has none."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def report(stage: str, done: int, whole: int) -> None:
        if stage not in tasks:
            tasks[stage] = bar.add_task(names.get(stage, stage), total=whole)
        bar.update(tasks[stage], completed=done, total=whole)

    with bar:
        yield report
