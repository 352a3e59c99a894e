"""``projectors show`` and ``projectors diff``: answers, now and of the past.

Every answer says at which block and seq it is true, and one about the past with which knowledge.
Exit codes: 0 yes; 1 there is nothing by that name, or something was found, or something differs.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Annotated, Any, Final

import typer

from ledger.errors import LogFault
from ledger.log.port import LogReader
from ledger.settings import Settings
from projectors.bootstrap import history_dir, open_log, views_dir
from projectors.cli.options import (
    AccountArgument,
    AsOfOption,
    JsonOption,
    KnownAtOption,
    LimitOption,
    ViewsOption,
    chooses_log,
    chosen_views,
)
from projectors.cli.screen import at_line, folding_bar, print_answer, print_differences, say
from projectors.define.view import View
from projectors.history.account import history_of, open_account
from projectors.past.moments import parse_moment
from projectors.past.question import Question, ask
from projectors.reading import reports
from projectors.reading import vaults as vault_reports
from projectors.reading.absent import AbsentLog, stored_partitions
from projectors.reading.answers import Answers, open_answers, open_past
from projectors.reading.differences import differences
from projectors.reading.series import parse_bucket, series

FINDINGS: Final = 1
LOG_WITHIN_S: Final = 5.0
"""How long an answer waits for a cluster before it is given without."""

show_app = typer.Typer(no_args_is_help=True, help="Answer from the views; every answer says at which block.")


@show_app.command("views")
@chooses_log
def show_views(
    settings: Settings,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Every view: how far it is, whether it goes on, and the digests of its tables."""
    with _answers(settings, "", as_of, known_at) as answers:
        moment = answers.moment()
        sections = {"views": reports.views(answers, moment.head), "digests": reports.digests(answers)}
        print_answer(moment, "views", sections, as_json=as_json)


@show_app.command("account")
@chooses_log
def show_account(
    account: AccountArgument,
    settings: Settings,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """One account: balances, positions, open orders and sizes, withdrawals on their way."""
    with _answers(settings, "account,orders,funding", as_of, known_at, account) as answers:
        sections = {name: rows for name, rows in reports.account(answers, account).items() if rows or as_json}
        _print(answers, account, sections, as_json=as_json, known=bool(sections))


@show_app.command("positions")
@chooses_log
def show_positions(  # noqa: PLR0913
    settings: Settings,
    account: Annotated[str, typer.Option("--account", help="Only this account.")] = "",
    market: Annotated[str, typer.Option("--market", help="Only this market.")] = "",
    limit: LimitOption = 20,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Open positions, the largest first."""
    with _answers(settings, "account,funding", as_of, known_at, account) as answers:
        _print(
            answers,
            "positions",
            {"positions": reports.positions(answers, account, market, limit)},
            as_json=as_json,
        )


@show_app.command("position")
@chooses_log
def show_position(
    account: AccountArgument,
    market: Annotated[str, typer.Argument(help="Symbol of the market.")],
    settings: Settings,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """One position, and what every position of the account in this market came to."""
    with _answers(settings, "account,funding", as_of, known_at, account) as answers:
        sections = reports.position(answers, account, market)
        _print(answers, f"{account} {market}", sections, as_json=as_json, known=any(sections.values()))


@show_app.command("orders")
@chooses_log
def show_orders(  # noqa: PLR0913
    account: AccountArgument,
    settings: Settings,
    every: Annotated[bool, typer.Option("--all", help="Closed and cancelled ones too.")] = False,  # noqa: FBT002
    limit: LimitOption = 50,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Open orders of an account, or all, with what was filled."""
    with _answers(settings, "orders", as_of, known_at, account) as answers:
        rows = reports.orders(answers, account, every=every, limit=limit)
        _print(answers, f"orders of {account}", {"orders": rows}, as_json=as_json)


@show_app.command("funding")
@chooses_log
def show_funding(  # noqa: PLR0913
    settings: Settings,
    market: Annotated[str, typer.Option("--market", help="The newest index steps of this market.")] = "",
    account: Annotated[str, typer.Option("--account", help="What this account paid and received.")] = "",
    limit: LimitOption = 20,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Funding index of every market, or the steps of one, or the settlements of an account."""
    with _answers(settings, "funding", as_of, known_at, "" if market else account) as answers:
        sections = {} if market or account else reports.funding(answers)
        if market:
            sections["steps"] = reports.funding_steps(answers, market, limit)
        if account:
            sections["settlements"] = reports.funding_of(answers, account)
        _print(answers, "funding", sections, as_json=as_json)


@show_app.command("statement")
@chooses_log
def show_statement(  # noqa: PLR0913
    account: AccountArgument,
    settings: Settings,
    asset: Annotated[str, typer.Option("--asset", help="Only this asset.")] = "",
    limit: LimitOption = 50,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """The newest lines of an account: balance before, amount, balance after, and the event that did it."""
    with _answers(settings, "account", as_of, known_at, account) as answers:
        rows = reports.statement(answers, account, asset, limit)
        _print(answers, f"statement of {account}", {"lines": rows}, as_json=as_json)


@show_app.command("series")
@chooses_log
def show_series(  # noqa: PLR0913
    account: AccountArgument,
    settings: Settings,
    bucket: Annotated[str, typer.Option("--bucket", help="Width, such as 5m, 1h or 1d, in UTC.")] = "1h",
    limit: LimitOption = 24,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """What an account was worth over time: value, profit, volume, funding, fees and flows in buckets."""
    width = parse_bucket(bucket)
    with _answers(settings, "portfolio", as_of, known_at, account) as answers:
        rows = series(answers, account, width, limit)
        title = f"{account}, in buckets of {bucket}"
        _print(answers, title, {"series": rows}, as_json=as_json, known=bool(rows))


@show_app.command("vault")
@chooses_log
def show_vault(  # noqa: PLR0913
    settings: Settings,
    name: Annotated[str, typer.Argument(help="Symbol of the vault; every vault when left out.")] = "",
    bucket: Annotated[str, typer.Option("--bucket", help="Prices in buckets, such as 5m, 1h or 1d.")] = "",
    limit: LimitOption = 24,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """A vault: equity, share price, holders, flows, profit share and unwindings; or its prices over time."""
    width = parse_bucket(bucket) if bucket else 0
    with _answers(settings, "vaults,portfolio", as_of, known_at) as answers:
        sections: dict[str, list[dict[str, Any]]]
        if not name:
            sections = {"vaults": vault_reports.vaults(answers)}
        elif width:
            sections = {"prices": vault_reports.prices(answers, name, width, limit)}
        else:
            sections = vault_reports.vault(answers, name, limit)
        known = not name or any(sections.values())
        _print(answers, name or "vaults", sections, as_json=as_json, known=known)


@show_app.command("trial-balance")
@chooses_log
def show_trial_balance(
    settings: Settings,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """All accounts together, every counter-account, their sum, which is zero, and what is owed to us.

    Receivables are what restricted accounts owe since a rollback; they are a part of the accounts' sum.
    """
    with _answers(settings, "audit,account", as_of, known_at) as answers:
        owed = reports.receivables(answers)
        sections = {"accounts": reports.trial_balance(answers)} | ({"receivables": owed} if owed else {})
        _print(answers, "trial balance", sections, as_json=as_json)


@show_app.command("open-interest")
@chooses_log
def show_open_interest(
    settings: Settings,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Open interest, traded value and fees of every market."""
    with _answers(settings, "audit", as_of, known_at) as answers:
        _print(answers, "open interest", {"markets": reports.open_interest(answers)}, as_json=as_json)


@show_app.command("events")
@chooses_log
def show_events(
    settings: Settings,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """How many events there were, by type and reason."""
    with _answers(settings, "audit", as_of, known_at) as answers:
        _print(answers, "events", {"events": reports.counts(answers)}, as_json=as_json)


@show_app.command("table")
@chooses_log
def show_table(  # noqa: PLR0913
    view: Annotated[str, typer.Argument(help="Name of a view, or its file (.py).")],
    table: Annotated[str, typer.Argument(help="Name of a table of it.")],
    settings: Settings,
    key: Annotated[list[str] | None, typer.Argument(help="What the key begins with.")] = None,
    by: Annotated[str, typer.Option("--by", metavar="COLUMN", help="The largest of a column first.")] = "",
    limit: LimitOption = 50,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Rows of any table of any view, the first ones in order of the key or of a column."""
    chosen = chosen_views(view)
    wanted = key or []
    by_account = next(iter(reports.shown_table(chosen[0], table).key)) == "account"
    account = wanted[0] if by_account and wanted else ""
    with asked_answers(settings, chosen, as_of, known_at, account) as answers:
        rows = reports.table(answers, chosen[0], table, wanted, by, limit)
        title = " ".join([chosen[0].name, table, *wanted])
        _print(answers, title, {"rows": rows}, as_json=as_json, known=bool(rows) or not wanted)


@show_app.command("findings")
@chooses_log
def show_findings(
    settings: Settings,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Views that stopped at a block they cannot apply. Exit code 1 says that there are some."""
    with _answers(settings, "", as_of, known_at) as answers:
        found = reports.findings(answers)
        print_answer(answers.moment(), "findings", {"findings": found}, as_json=as_json)
    raise typer.Exit(FINDINGS if found else 0)


@chooses_log
def diff(  # noqa: PLR0913
    a: Annotated[str, typer.Option("--a", metavar="MOMENT[@MOMENT]", help="One side: as of, @ known at.")],
    b: Annotated[str, typer.Option("--b", metavar="MOMENT[@MOMENT]", help="The other side.")],
    settings: Settings,
    views: ViewsOption = "",
    account: Annotated[str, typer.Option("--account", help="Only this account.")] = "",
    limit: LimitOption = 50,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """What differs between two moments, or between two states of knowledge about one.

    Moments are those of --as-of and --known-at: `--a 48213 --b 48213@head` tells what rollbacks since
    have changed about the state after event 48213. Exit code 1 says that something differs.
    """
    place, chosen = settings.data, chosen_views(views)
    with open_log(settings) as log, ExitStack() as opened:
        sides = [
            opened.enter_context(open_past(views_dir(place), chosen, log, _question(log, *_two(side))))
            for side in (a, b)
        ]
        found = [
            one
            for before, after in zip(sides[0].states(), sides[1].states(), strict=True)
            for one in differences(before, after)
            if account in ("", one.key.get("account"))
        ]
        moments = [side.moment() for side in sides]
    print_differences(moments, found, limit, as_json=as_json)
    raise typer.Exit(FINDINGS if found else 0)


@contextmanager
def asked_answers(
    settings: Settings, chosen: Sequence[View], as_of: str, known_at: str, account: str = ""
) -> Iterator[Answers]:
    """Views as they are served, whether the log answers or not, or of the past that was asked about.

    ``account`` says that only this account is asked about.
    """
    root = views_dir(settings.data)
    with ExitStack() as opened:
        if as_of or known_at:
            log = opened.enter_context(open_log(settings))
            question = _question(log, as_of, known_at)
            history = history_of(history_dir(settings.data), root, log, question) if account else None
            if history is not None:
                yield opened.enter_context(open_account(history, chosen, log, question, account))
                return
            progress = opened.enter_context(folding_bar())
            yield opened.enter_context(open_past(root, chosen, log, question, progress))
            return
        try:
            log = opened.enter_context(open_log(settings, within_s=LOG_WITHIN_S))
        except LogFault as fault:
            if not settings.brokers:
                raise
            log = AbsentLog(fault, stored_partitions(root, chosen[0].name))
        yield opened.enter_context(open_answers(root, chosen, log))


def _answers(
    settings: Settings, views: str, as_of: str, known_at: str, account: str = ""
) -> AbstractContextManager[Answers]:
    return asked_answers(settings, chosen_views(views), as_of, known_at, account)


def _question(log: LogReader, as_of: str, known_at: str) -> Question:
    """The past that two options name; an empty one is not given."""
    return ask(log, parse_moment(as_of) if as_of else None, parse_moment(known_at) if known_at else None)


def _two(side: str) -> tuple[str, str]:
    """As of, and known at, of one side of a comparison."""
    as_of, _, known_at = side.partition("@")
    return as_of, known_at


def _print(
    answers: Answers,
    title: str,
    sections: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    as_json: bool,
    known: bool = True,
) -> None:
    if not known and not as_json:
        say(f"{title}: there is nothing by that name; {at_line(answers.moment())}")
        raise typer.Exit(FINDINGS)
    print_answer(answers.moment(), title, sections, as_json=as_json)
    if not known:
        raise typer.Exit(FINDINGS)
