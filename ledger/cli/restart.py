"""``ledger restart``: verify before anything is published, then open in steps."""

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.bootstrap import arrival_us, ledger_exists
from ledger.cli.exits import Exit, say
from ledger.cli.keys import read_key
from ledger.cli.options import DataOption, JsonOption
from ledger.cli.output import print_json
from ledger.core.refusals import RefusalCode
from ledger.errors import LedgerMissing
from ledger.log.opening import open_reader
from ledger.log.rocks import RocksLog
from ledger.restart.procedure import Doubtful, Stage, fence, gates_of, verification
from ledger.settings import Settings, load_settings
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import recover

restart_app = typer.Typer(no_args_is_help=True, help="Restart the ledger in steps that verify.")

ToOption = Annotated[
    Literal["maintenance", "cancel_only", "post_only", "ok"],
    typer.Option("--to", help="Mode to open up to, as far as its gates hold."),
]


@restart_app.command("check")
def check(data: DataOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002
    """Say whether a writer would start with what the log says, and which gates hold; change nothing."""
    settings = _existing(load_settings(data=data))
    with closing(open_reader(settings)) as log:
        recovered = recover(log, Checkpoints(settings.writer_dir))
        broken, wrong = verification(log, recovered.state, _quiet)
        findings = [*broken, *wrong]
        control = recovered.state.control
        gates = gates_of(recovered.state, arrival_us())
        report = {"status": control.status, "withdrawals": control.withdrawals, "findings": findings}
        if as_json:
            print_json({**report, "height": recovered.height, "gates": gates})
        else:
            for line in (*findings, *gates):
                typer.echo(line)
        verdict = f"{len(findings)} findings" if findings else "what would be restored is what the log says"
        say(f"block {recovered.height}, {control.status}, withdrawals {control.withdrawals}: {verdict}")
    raise typer.Exit(Exit.FINDINGS if findings else Exit.CLEAN)


@restart_app.command("run")
def run(
    data: DataOption = None,
    to: ToOption = "maintenance",
    key: Annotated[Path | None, typer.Option("--key", help="File of an operator's private key.")] = None,
    key_id: Annotated[str, typer.Option("--key-id", help="Id of that key.")] = "",
) -> None:
    """Fence, restore, verify, enter maintenance, then open one mode after the other up to --to.

    Stops at the first gate that does not hold and names it. With a finding the ledger stays in
    maintenance, if its log is sound; otherwise nothing is written. Exit code 1 says so.
    """
    settings = _existing(load_settings(data=data))
    stage = Stage(arrival_us(), None if key is None else (key_id, read_key(key)))
    verified = (
        fence(partial(RocksLog.open, settings.log_dir))
        .restore(Checkpoints(settings.writer_dir))
        .verify(_quiet)
    )
    if isinstance(verified, Doubtful):
        for finding in verified.findings:
            typer.echo(finding)
        verified.enter_maintenance(stage)
        where = "in maintenance" if verified.log_is_sound else "nothing was written"
        say(f"not verified, {where}. Move {settings.writer_dir} away and start again")
        raise typer.Exit(Exit.FINDINGS)
    with closing(verified.writer()) as writer:
        answers = stage.up_to(writer, to)
        for answer in answers:
            if answer.outcome.code:
                say(f"refused: {RefusalCode(answer.outcome.code).name}, {answer.outcome.detail}")
        say(f"verified, the ledger is in {writer.state.control.status}")
        refused = bool(answers and answers[-1].outcome.code)
    raise typer.Exit(Exit.FINDINGS if refused else Exit.CLEAN)


def _existing(settings: Settings) -> Settings:
    if not ledger_exists(settings):
        raise LedgerMissing("there is no ledger to restart", where=str(settings.data))
    return settings


def _quiet(_: int) -> None:
    pass
