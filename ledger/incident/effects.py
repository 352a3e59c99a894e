"""What the corruption did to each account: its value in both histories and the difference by reason.

Both histories are valued at the same marks, those of the counterfactual at the end of the window. The
recorded history is valued at the index that was recorded, which is what an account has unless somebody
restates the index; its value at the corrected index is given beside it.
"""

from dataclasses import dataclass
from typing import Final

from ledger.errors import invariant
from ledger.incident.counterfactual.differences import COMPONENTS, FUNDING, PRICE, Line
from ledger.incident.counterfactual.record import Liquidation
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.valuation import worth_of

ONLY_RECORDED: Final = "liquidated only in reality"
ONLY_COUNTERFACTUAL: Final = "should have been liquidated"
OTHER_SIZE: Final = "liquidated in both, of another size"
TRADES_LOST: Final = "trades that would not have been possible"
MIGHT_HAVE_FILLED: Final = "orders that might have filled"


@dataclass(frozen=True, slots=True)
class Part:
    """One reason of a difference: its amount, and the seqs of the events that it comes from.

    ``counterfactual_seqs`` are seqs of the counterfactual history. The two parts that are valued at the
    end, ``unrealized_price_e8`` and ``accrued_funding_e8``, come from the fills that made the positions.
    """

    amount_e8: int
    recorded_seqs: tuple[int, ...]
    counterfactual_seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """One account; the counterfactual value less the recorded one is the sum of ``parts``."""

    account: str
    value_recorded_e8: int
    value_at_corrected_index_e8: int
    value_counterfactual_e8: int
    parts: dict[str, Part]
    flags: dict[str, tuple[int, ...]]
    """Flag -> seqs: of recorded events, except for ``should have been liquidated``."""

    @property
    def difference_e8(self) -> int:
        """What the account would have more, had the input been right."""
        return self.value_counterfactual_e8 - self.value_recorded_e8

    @property
    def difference_at_corrected_index_e8(self) -> int:
        """The same, both sides valued at the corrected index."""
        return self.value_counterfactual_e8 - self.value_at_corrected_index_e8


def effects_of(done: Counterfactual) -> list[Effect]:
    """The effect on every account for which anything differs, in order of names, HOUSE among them."""
    flags = flags_of(done)
    effects: list[Effect] = []
    names = done.recorded.accounts.keys() | done.state.accounts.keys()
    for name in sorted(names):
        effect = _effect(done, name, flags.get(name, {}))
        if effect.parts or effect.flags:
            effects.append(effect)
    return effects


def _effect(done: Counterfactual, name: str, flags: dict[str, tuple[int, ...]]) -> Effect:
    recorded, state = done.recorded, done.state
    was, would = recorded.accounts.get(name), state.accounts.get(name)
    before = worth_of(was, state, recorded)
    after = worth_of(would, state, state)
    line = done.replay.lines.by_account.get(name) or Line()
    parts: dict[str, Part] = {}
    for component, title in enumerate(COMPONENTS):
        amount = line.amounts[component]
        seqs = line.recorded.get(component, []), line.counterfactual.get(component, [])
        if amount:
            parts[title] = Part(amount, tuple(seqs[0]), tuple(seqs[1]))
    fills = _seqs_of_fills(line)
    for title, amount in (
        ("unrealized_price_e8", after.price_e8 - before.price_e8),
        ("accrued_funding_e8", after.accrued_e8 - before.accrued_e8),
    ):
        if amount:
            parts[title] = Part(amount, *fills)
    total = sum(part.amount_e8 for part in parts.values())
    invariant(total == after.value_e8 - before.value_e8, f"the parts of {name} do not add up")
    corrected = worth_of(was, state, state)
    return Effect(name, before.value_e8, corrected.value_e8, after.value_e8, parts, flags)


def _seqs_of_fills(line: Line) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Seqs of the changes of position that only one history has: price results and settlements."""
    recorded, here = [
        tuple(sorted({seq for component in (FUNDING, PRICE) for seq in seqs.get(component, [])}))
        for seqs in (line.recorded, line.counterfactual)
    ]
    return recorded, here


def flags_of(done: Counterfactual) -> dict[str, dict[str, tuple[int, ...]]]:
    """Account -> flag -> seqs."""
    replay = done.replay
    found: dict[str, dict[str, list[int]]] = {}

    def add(account: str, flag: str, seq: int) -> None:
        found.setdefault(account, {}).setdefault(flag, []).append(seq)

    here = {one.liquidation_id: one for one in replay.liquidations}
    there = {one.liquidation_id: one for one in replay.liquidations_recorded}
    for one in replay.liquidations_recorded:
        other = here.get(one.liquidation_id)
        if other is None:
            add(one.account, ONLY_RECORDED, one.seq)
        elif other.sizes != one.sizes:
            add(one.account, OTHER_SIZE, one.seq)
    for one in replay.liquidations:
        if one.liquidation_id not in there:
            add(one.account, ONLY_COUNTERFACTUAL, one.seq)
    for orphan in replay.orphans:
        for account in (orphan.buyer, orphan.seller):
            if account not in (orphan.kept, replay.house) and orphan.recorded_seq:
                add(account, TRADES_LOST, orphan.recorded_seq)
    for kept in replay.kept.values():
        if kept.passed_seq:
            add(kept.account, MIGHT_HAVE_FILLED, kept.cancelled_seq)
    return {account: {flag: tuple(seqs) for flag, seqs in own.items()} for account, own in found.items()}


def wrongful_takeovers(done: Counterfactual) -> list[Liquidation]:
    """Takeovers that happened only in reality, in order."""
    here = {one.liquidation_id for one in done.replay.liquidations}
    return [one for one in done.replay.liquidations_recorded if one.liquidation_id not in here]
