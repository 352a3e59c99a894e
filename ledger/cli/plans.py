"""What commands share that make, approve and apply plans: files, signatures, the way to the ledger."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Final, cast

import typer

from ledger.bootstrap import arrival_us, ledger_exists, open_writer
from ledger.cli.exits import say
from ledger.cli.gateways import ClusterGateway, Gateway, WriterGateway
from ledger.cli.incident import checkpoints_of
from ledger.cli.keys import read_key
from ledger.client import Client
from ledger.core.messages import AnyCommand, SignedCommand
from ledger.core.refusal_texts import REFUSALS
from ledger.core.refusals import RefusalCode
from ledger.core.state import State
from ledger.edge.commands import SignedLine
from ledger.errors import LedgerMissing, PlanInvalid
from ledger.incident.plan import Plan, approval_command, approved, read_plan, write_plan
from ledger.log.codec import decode_command
from ledger.log.opening import connection_of, open_reader
from ledger.settings import Settings
from ledger.writer.apply import Answer
from ledger.writer.recovery import recover

HOUR_US: Final = 3_600_000_000

PlanArgument = Annotated[Path, typer.Argument(help="File of the plan.")]
OutputOption = Annotated[Path, typer.Option("--output", help="File of the plan that is made.")]
IncidentOption = Annotated[str, typer.Option("--incident", help="Name of the incident.")]
AccountsOption = Annotated[
    list[str] | None, typer.Option(metavar="ACCOUNT", help="May be given several times.")
]
KeyOption = Annotated[Path, typer.Option("--key", help="File of the operator's private key.")]
KeyIdOption = Annotated[str, typer.Option("--key-id", help="Id of that key.")]
HoursOption = Annotated[
    int, typer.Option("--hours", min=1, max=168, help="How long the approval holds; the first signer says.")
]


def plan_of_kind(path: Path, kind: str) -> Plan:
    """The plan in a file. Raises ``PlanInvalid`` for an edited one and for one of another kind."""
    plan = read_plan(path)
    if plan.head.kind != kind:
        raise PlanInvalid(
            f"it is a {plan.head.kind} plan",
            where=str(path),
            remedy=f"Name a {kind} plan, or use the command for {plan.head.kind} plans",
        )
    return plan


def sign_plan(path: Path, kind: str, key: Path, key_id: str, hours: int) -> None:
    """Add an operator's signature to the file of a plan."""
    plan = plan_of_kind(path, kind)
    now_us = time.time_ns() // 1000
    signed = approved(plan, (key_id, read_key(key)), now_us, now_us + hours * HOUR_US)
    write_plan(path, signed)
    signatures = 0 if signed.approval is None else len(signed.approval.signatures)
    say(f"plan {plan.digest} has {signatures} of 2 signatures")


def state_of(settings: Settings) -> State:
    """The state at the head of the log, read beside a writer that may be running."""
    with closing(open_reader(settings)) as log:
        return recover(log, checkpoints_of(settings)).state


@contextmanager
def ledger_gateway(settings: Settings) -> Iterator[Gateway]:
    """The writer that takes commands: that of the cluster, or of the ledger in the data directory."""
    if settings.brokers:
        gateway: Gateway = ClusterGateway(Client(connection_of(settings)))
    elif ledger_exists(settings):
        gateway = WriterGateway(open_writer(settings))
    else:
        raise LedgerMissing("there is no ledger", where=str(settings.data))
    with closing(gateway):
        yield gateway


def approve_on(gateway: Gateway, plan: Plan, state: State) -> None:
    """Tell the ledger of the approval in the plan's file, unless it knows it.

    Raises ``PlanInvalid`` until two operators have signed, and when the ledger refuses.
    """
    known = state.control.approvals.get(plan.digest)
    if known is not None and known.expires_at_us > arrival_us():
        return
    (answer,) = send(gateway, [approval_command(plan)])
    code = answer.outcome.code
    if code not in (0, RefusalCode.PLAN_EXISTS):
        raise PlanInvalid(
            f"the ledger does not take the approval: {RefusalCode(code).name}, {answer.outcome.detail}",
            where=plan.digest,
            remedy=REFUSALS[RefusalCode(code)].remedy.rstrip("."),
        )


def send(gateway: Gateway, commands: Sequence[AnyCommand | SignedCommand]) -> list[Answer]:
    """Hand commands to the ledger; their answers in order, durable."""
    content = [
        SignedLine(cast("AnyCommand", decode_command(bytes.fromhex(one.content))), one)
        if isinstance(one, SignedCommand)
        else one
        for one in commands
    ]
    return gateway.answer(content, arrival_us())


def said(answer: Answer) -> str:
    """A refusal for a person: what it is, and what to do."""
    code = RefusalCode(answer.outcome.code)
    return f"{code.name}, {answer.outcome.detail}. {REFUSALS[code].remedy}"
