"""The protections of the ledger one by one: what each alone would have saved, and what is lost without it.

The run is played under the rules of January up to the moment before each wave. There the process splits:
each branch turns some protections on, with commands that its ledger records, plays its wave to the end, and
audits itself as the operators would. Whatever a branch says comes from its own log.
"""

from collections.abc import Collection, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, final

from ledger.core.control import default_value
from ledger.core.messages import ChangeRule, UpdateMarket
from ledger.core.rulebook import GUARD_PREFIX
from ledger.core.rules.markets import RULE_FIELDS
from ledger.core.rules.words import STATUS_OK
from ledger.errors import InvariantError
from ledger.incident.second_wave import DIVERGENCE_PPM
from scenarios.day import times
from scenarios.day.facts import WAVES, Facts
from scenarios.day.player import WHOLE, Pace, Player
from scenarios.day.rules import AS_IT_WAS, BOUNDS, MARKETS, PAXG
from scenarios.day.site import Site
from scenarios.listing import OPERATOR

PARTITIONS: Final = 4
OPENED_US: Final = 1
BPS: Final = 10_000
NONE: Final = "none"
ALONE: Final = "alone"
WITHOUT: Final = "all others"
ALL: Final = "all"

Row = dict[str, Any]


@final
class Protection:
    """Rules, guards and bounds of markets that are turned on together."""

    __slots__ = ("fields", "rules", "title")

    def __init__(
        self,
        title: str,
        rules: tuple[str, ...] = (),
        guards: tuple[str, ...] = (),
        fields: tuple[str, ...] = (),
    ) -> None:
        self.title = title
        self.rules = (*rules, *(f"{GUARD_PREFIX}{guard}" for guard in guards))
        self.fields = fields


BREAKER: Final = Protection(
    "breaker: so many liquidations, or losses, a minute",
    (
        "liquidation_accounts_max",
        "liquidation_notional_max_e8",
        "liquidation_loss_max_e8",
        "liquidator_value_min_e8",
    ),
    ("G7b",),
)
PROTECTIONS: Final[dict[str, tuple[Protection, ...]]] = {
    "first wave": (
        Protection("a feed that restarts goes on from the last index (G6)", guards=("G6",)),
        Protection("the index claimed is the one computed (G2)", guards=("G2",)),
        Protection("an index moves no further than the highest rate allows (G1)", guards=("G1",)),
        Protection("funding of all positions changes by no more than a bound (G7a)", guards=("G7a",)),
        BREAKER,
        Protection(
            "bound on the withdrawals of an hour and of a day", ("outflow_hour_ppm", "outflow_day_ppm")
        ),
    ),
    "second wave": (
        Protection("no liquidations and no triggers in post_only", ("mode.liquidations", "mode.triggers")),
        Protection("band of 5 bps around the price outside in post_only", ("bands",)),
        Protection("a market opens through its gate: book, spread, depth, mark and mid", ("gates",)),
        Protection("band of 50 bps for ten minutes after opening", ("reopen_band_ms",)),
        Protection("bound on the mark against fair (G5x)", (), ("G5x",), ("fair_divergence_max_ppm",)),
        Protection("bound on the mark's way in a minute (G5w)", (), ("G5w",), ("price_window_move_max_ppm",)),
        BREAKER,
    ),
}
BRANCHES_AT: Final = {
    "first wave": times.RACE - 1,
    "second wave": times.POST_ONLY_AGAIN - 1,
}
"""The last moment that a wave's branches have in common."""
ENDS_AT: Final = {"first wave": times.CLOSES_AGAIN - 1, "second wave": times.WINDOW_ENDS}
AUDITED_FROM: Final = {"first wave": times.EXPORT, "second wave": times.POST_ONLY_AGAIN - times.SECOND_MS}


@final
class Branch:
    """What is turned on in one branch, and which protection it is ``about``: empty for none and all."""

    __slots__ = ("about", "on", "which")

    def __init__(self, about: str, which: str, on: Collection[Protection]) -> None:
        self.about = about
        self.which = which
        self.on = on


def branches(wave: str) -> list[Branch]:
    """Nothing, each protection alone, all but one, and everything."""
    known = PROTECTIONS[wave]
    return [
        Branch("", NONE, ()),
        *[Branch(one.title, ALONE, (one,)) for one in known],
        *[Branch(one.title, WITHOUT, [other for other in known if other is not one]) for one in known],
        Branch("", ALL, known),
    ]


def compare_protections(accounts: int, seed: int, jobs: int = 2, pace: Pace = WHOLE) -> list[Row]:
    """One row for each branch of each wave. For a process without other threads: it forks."""
    player = Player(Site.in_memory(PARTITIONS, OPENED_US), AS_IT_WAS, seed, accounts, pace)
    rows: list[Row] = []
    for wave, branches_at_ms in BRANCHES_AT.items():
        player.play(_silent, branches_at_ms)
        rows += _in_branches(player, wave, jobs)
    return rows


def _in_branches(player: Player, wave: str, jobs: int) -> Iterator[Row]:
    """Play every branch in a child of its own, ``jobs`` at a time; in the order of ``branches``."""
    context = get_context("fork")
    waiting = branches(wave)
    running: list[tuple[Branch, Connection]] = []
    while waiting or running:
        while waiting and len(running) < jobs:
            branch = waiting.pop(0)
            ours, theirs = context.Pipe(duplex=False)
            context.Process(target=_answer, args=(theirs, player, wave, branch)).start()
            theirs.close()
            running.append((branch, ours))
        branch, ours = running.pop(0)
        try:
            yield ours.recv()
        except EOFError as fault:
            raise InvariantError(
                f"the branch {branch.which} of {branch.about!r} ended without a result"
            ) from fault
        finally:
            ours.close()


def _answer(connection: Connection, player: Player, wave: str, branch: Branch) -> None:
    connection.send(play_branch(player, wave, branch))
    connection.close()


def play_branch(player: Player, wave: str, branch: Branch) -> Row:
    """Turn protections on, play the wave to its end, and say what it did, from this branch's own log."""
    for command in turned_on(player, branch.on):
        player.gateway.send(command)
    seen = _Seen(player)
    player.play(seen.look, ENDS_AT[wave])
    name = f"{wave}, {branch.which} {branch.about}"
    player.auditing.look(name, AUDITED_FROM[wave] * 1000, DIVERGENCE_PPM)
    audit = player.auditing.found[name]
    facts = Facts(player.site.log)
    return {
        "wave": wave,
        "protection": branch.about,
        "which": branch.which,
        "accounts": audit["wrongful_accounts"],
        "loss_e8": audit["lines_total_e8"],
        "deficit_e8": facts.waves()[wave]["deficit"],
        "paid_out_e8": sum(facts.releases(*WAVES[wave]).get_column("paid_e8")),
        "closed_ms": seen.closed_ms,
        "opened_ms": seen.opened_ms,
        "basis_bps": seen.basis_bps,
        "lowest_bps": seen.lowest_bps,
    }


def turned_on(player: Player, protections: Collection[Protection]) -> list[ChangeRule | UpdateMarket]:
    """The commands that give rules, guards and bounds their values of today."""
    header, state = player.gateway.header, player.gateway.state
    rules = [rule for one in protections for rule in one.rules]
    commands: list[ChangeRule | UpdateMarket] = [
        ChangeRule(*header(OPERATOR), rule, "system", default_value(rule)) for rule in rules
    ]
    bounds = {name: BOUNDS[name] for one in protections for name in one.fields}
    for name in MARKETS if bounds else ():
        market = state.markets[name]
        fields = {field: getattr(market, field) for field in RULE_FIELDS} | bounds
        commands.append(
            UpdateMarket(*header(OPERATOR), market=name, **fields, revision_before=market.revision)
        )
    return commands


@final
class _Seen:
    """When the exchange was closed, when PAXG traded again, and where its mark was: looked at every tick."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self.closed_ms = 0
        self.opened_ms = 0
        self.basis_bps = 0
        self.lowest_bps = 0

    def look(self, _: int) -> None:
        """A tick was played."""
        world = self._player.world
        market, fair = world.market(PAXG), world.fair_e8(PAXG)
        basis = (market.mark_e8 - fair) * BPS // fair
        self.lowest_bps = min(self.lowest_bps, basis)
        is_open = self._player.operator.status == STATUS_OK
        if not is_open and not self.closed_ms:
            self.closed_ms = world.now_ms
        if is_open and market.status == STATUS_OK and not self.opened_ms:
            self.opened_ms, self.basis_bps = world.now_ms, basis


def _silent(_: int) -> None:
    """Nobody wants to know."""
