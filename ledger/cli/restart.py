"""``ledger restart``: verify before anything is published, then open in steps."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.bootstrap import arrival_us, ledger_exists
from ledger.cli.exits import Exit, say
from ledger.cli.keys import read_key
from ledger.cli.options import BrokersOption, DataOption, JsonOption, LedgerIdOption, PrefixOption
from ledger.cli.output import print_json
from ledger.core.refusals import RefusalCode
from ledger.errors import LedgerMissing, SettingsFault
from ledger.log.kafka.topics import wait_for_cluster
from ledger.log.opening import CLUSTER_TIMEOUT_S, connection_of, open_reader
from ledger.log.port import EventLog
from ledger.log.rocks import RocksLog
from ledger.restart.on_kafka import place_of_the_writer
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
def check(
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Say whether a writer would start with what the log says, and which gates hold; change nothing.

    The checkpoints looked at are those in --data, on a cluster too: each writer has its own.
    """
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix, id=ledger_id)
    _require_ledger(settings)
    with closing(open_reader(settings)) as log:
        recovered = recover(log, Checkpoints(settings.writer_dir))
        if recovered.head is None:
            raise LedgerMissing("the log has no block: there is nothing to restart")
        broken, wrong = verification(log, recovered, _quiet)
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
def run(  # noqa: PLR0913
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    to: ToOption = "maintenance",
    key: Annotated[Path | None, typer.Option("--key", help="File of an operator's private key.")] = None,
    key_id: Annotated[str, typer.Option("--key-id", help="Id of that key.")] = "",
) -> None:
    """Fence, restore, verify, enter maintenance, then open one mode after the other up to --to.

    Stops at the first gate that does not hold and names it. With a finding the ledger stays in
    maintenance, if its log is sound; otherwise nothing is written. Exit code 1 says so. On a cluster stop
    every `ledger writer` first, and start them again afterwards: they keep the mode they find.
    """
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix, id=ledger_id)
    _require_ledger(settings)
    stage = Stage(arrival_us(), None if key is None else (key_id, read_key(key)))
    with _log_to_fence(settings) as open_log:
        refused = _restarted(settings, open_log, stage, to)
    raise typer.Exit(Exit.FINDINGS if refused else Exit.CLEAN)


def _restarted(settings: Settings, open_log: Callable[[], EventLog], stage: Stage, to: str) -> bool:
    """All steps; whether one of them was refused."""
    verified = fence(open_log).restore(Checkpoints(settings.writer_dir)).verify(_quiet)
    if isinstance(verified, Doubtful):
        for finding in verified.findings:
            typer.echo(finding)
        verified.enter_maintenance(stage)
        where = "in maintenance" if verified.log_is_sound else "nothing was written"
        say(f"not verified, {where}. Move {settings.writer_dir} away and start again")
        return True
    with closing(verified.writer()) as writer:
        answers = stage.up_to(writer, to)
        for answer in answers:
            if answer.outcome.code:
                say(f"refused: {RefusalCode(answer.outcome.code).name}, {answer.outcome.detail}")
        say(f"verified, the ledger is in {writer.state.control.status}")
    return bool(answers and answers[-1].outcome.code)


@contextmanager
def _log_to_fence(settings: Settings) -> Iterator[Callable[[], EventLog]]:
    """What opens the log as its one writer; on a cluster once the writer's place is free."""
    if not settings.brokers:
        yield partial(RocksLog.open, settings.log_dir)
        return
    if not settings.id:
        raise SettingsFault("a restart must know the name of its ledger", where="--ledger-id or LEDGER_ID")
    connection = connection_of(settings)
    wait_for_cluster(connection, CLUSTER_TIMEOUT_S)
    with closing(open_reader(settings)) as reader:
        if reader.head() is None:
            raise LedgerMissing("the log has no block: there is nothing to restart")
    with place_of_the_writer(connection, settings.id) as take_over:
        yield take_over


def _require_ledger(settings: Settings) -> None:
    if not settings.brokers and not ledger_exists(settings):
        raise LedgerMissing("there is no ledger to restart", where=str(settings.data))


def _quiet(_: int) -> None:
    pass
