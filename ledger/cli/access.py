"""``ledger topics acl``: who may do what with the topics of a ledger."""

from typing import Annotated

import typer

from ledger.cli.exits import Exit, say
from ledger.cli.options import BrokersOption, JsonOption, LedgerIdOption, PrefixOption
from ledger.cli.output import print_json, print_table
from ledger.errors import SettingsFault
from ledger.log.kafka.access import Access, Principals
from ledger.log.kafka.topics import wait_for_cluster
from ledger.log.opening import CLUSTER_TIMEOUT_S, connection_of
from ledger.settings import load_settings

NamesOption = Annotated[list[str] | None, typer.Option(metavar="USER", help="May be given several times.")]


def acl(  # noqa: PLR0913
    writer: NamesOption = None,
    producer: NamesOption = None,
    projector: NamesOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    *,
    only_check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 on findings.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Allow users what their programs need, and nothing more; take nothing away.

    Only a writer may write events, outcomes and control. A producer writes commands and reads
    outcomes, a projector reads. With --check: name rules that are missing, and rules that let
    somebody else write what only a writer may. Run it as an administrator of the cluster.
    """
    settings = load_settings(brokers=brokers, topic_prefix=prefix, id=ledger_id)
    if not settings.id:
        raise SettingsFault("the rules of a writer carry the ledger's name", where="--ledger-id or LEDGER_ID")
    connection = connection_of(settings)
    wait_for_cluster(connection, CLUSTER_TIMEOUT_S)
    access = Access(connection, settings.id)
    principals = Principals(writer or (), producer or (), projector or ())
    if only_check:
        _print_findings(access, principals, as_json=as_json)
        return
    granted = [str(rule) for rule in access.grant(principals)]
    if as_json:
        print_json({"granted": granted})
    else:
        for rule in granted:
            typer.echo(rule)
    say(f"{len(granted)} rules made" if granted else "every rule is there")


def _print_findings(access: Access, principals: Principals, *, as_json: bool) -> None:
    findings = access.check(principals)
    rows = [{"rule": str(finding.rule), "found": finding.found, "fix": finding.fix} for finding in findings]
    if as_json:
        print_json({"findings": rows})
    elif rows:
        print_table("access rules", rows)
    say(f"{len(rows)} findings" if rows else "only the writers can write what they write")
    raise typer.Exit(Exit.FINDINGS if rows else Exit.CLEAN)
