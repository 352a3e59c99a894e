"""Corrections: the funding index of markets is restated, and what followed from the wrong one made good.

Everything that a correction does is one command and so one block: between restating an index and correcting
what was settled at it, every position would be wrong in the other direction. A plan says what has to be
done, since the state does not know what led to it; the ledger works out every number that follows from
its own books (``ledger.core.rules.corrected``) and refuses what does not add up:

* funding: ``1e8 * corrections + change of dust + size * change of the cached index`` is zero per market,
  so that funding clearing stays what the positions say;
* reversals: quantities, values and indices of the two sides cancel out per market;
* no index, position, fill or stake has two lines, so that nothing is corrected twice.
"""

from collections import defaultdict
from typing import Final

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import FIELDS, AnyEvent, ApplyCorrection, FundingIndexRestated
from ledger.core.plan_digest import CORRECTION as CORRECTION_PLAN
from ledger.core.refusals import RefusalCode
from ledger.core.rules.corrected import PAYMENT_KINDS, TREATMENTS, Corrected
from ledger.core.rules.correction_copy import sign_of_side
from ledger.core.rules.operators import is_digest
from ledger.core.rules.plan_content import refuse_content
from ledger.core.rules.plans import refuse_moved, refuse_plan, use_plan
from ledger.core.rules.words import ACCOUNT_CLOSED, PROTECTING, STATUS_MAINTENANCE
from ledger.core.state import State
from ledger.core.values import E8, is_long, is_text

AUXILIARY: Final = "AUXILIARY"
PARTS: Final = ("indices", "funding", "fills", "payments", "shares", "orders", "negatives")
RECORDS: Final = (
    "IndexRestatement",
    "FundingCorrection",
    "FillReversal",
    "CorrectionPayment",
    "ShareCorrection",
    "OrderReinstatement",
    "NegativeTreatment",
)
"""The lists of a correction, and what each has as items."""


def correction_body(command: ApplyCorrection) -> dict[str, object]:
    """The part of a correction plan that binds the ledger: everything that the command does."""
    body: dict[str, object] = {"reason": command.reason, "head_seq": command.head_seq}
    for part, record in zip(PARTS, RECORDS, strict=True):
        names = FIELDS[record]
        body[part] = [[getattr(item, name) for name in names] for item in getattr(command, part)]
    return body


def decide_apply_correction(state: State, command: ApplyCorrection, now_us: int) -> Decision:
    """Correct what an approved plan says, in maintenance and on the ledger that the plan knew."""
    refusal = _refuse_values(command)
    if refusal is not None:
        return refusal
    if state.control.status != STATUS_MAINTENANCE:
        return refused(RefusalCode.SYSTEM_MODE, f"the exchange is in {state.control.status}, not maintenance")
    refusal = refuse_plan(state, CORRECTION_PLAN, command.plan_digest, now_us)
    if refusal is None:
        refusal = refuse_moved(state, command.head_seq)
    if refusal is None:
        refusal = refuse_content(state, command.plan_digest, correction_body(command), command.report_digest)
    return work_out(state, command, now_us) if refusal is None else refusal


def work_out(state: State, command: ApplyCorrection, now_us: int) -> Decision:
    """What a correction does to a state, whoever approved it; or why it cannot be."""
    refusal = refuse_lines(state, command)
    if refusal is not None:
        return refusal
    corrected = Corrected(state, command, now_us)
    refusal = corrected.work_out()
    if refusal is not None:
        return refusal
    for event in corrected.events:
        if not _fits(event):
            return refused(RefusalCode.OUT_OF_RANGE, f"a number of {type(event).__name__}")
    return accepted(corrected.events)


def refuse_lines(state: State, command: ApplyCorrection) -> Decision | None:
    """Why the lines are not about this ledger, or do not add up, or None."""
    refusal = _refuse_unknown(state, command)
    return _refuse_unbalanced(state, command) if refusal is None else refusal


def _fits(event: AnyEvent) -> bool:
    """Whether every number of an event fits its field."""
    for name in FIELDS[type(event).__name__]:
        value = getattr(event, name)
        if isinstance(value, int) and not is_long(value):
            return False
    return True


def _refuse_values(command: ApplyCorrection) -> Decision | None:
    if not is_text(command.incident_id) or not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "incident_id or reason is too long or not printable")
    if not (is_digest(command.plan_digest) and is_digest(command.report_digest)):
        return refused(RefusalCode.INVALID_VALUE, "plan_digest or report_digest is not 64 small digits")
    if not command.indices:
        return refused(RefusalCode.INVALID_VALUE, "no index is restated")
    twice = _named_twice(command)
    if twice:
        return refused(RefusalCode.INVALID_VALUE, f"two lines of the correction are about {twice[:200]!r}")
    return _refuse_lines_of(command)


def _refuse_lines_of(command: ApplyCorrection) -> Decision | None:
    """Why a line can never be right, or None."""
    for fill in command.fills:
        if sign_of_side(fill.side) == 0 or min(fill.fill_size_e8, fill.price_e8, fill.value_e8) <= 0:
            return refused(RefusalCode.INVALID_VALUE, f"the reversal of event {fill.reverses_seq}")
    for payment in command.payments:
        if payment.transfer_kind not in PAYMENT_KINDS or payment.amount_e8 <= 0:
            return refused(
                RefusalCode.INVALID_VALUE,
                f"a payment of {payment.amount_e8}e-8 as {payment.transfer_kind[:64]!r}",
            )
    for share in command.shares:
        if share.shares_e8 == 0:
            return refused(RefusalCode.INVALID_VALUE, f"no shares of {share.vault[:64]!r}")
    for order in command.orders:
        if order.order_type not in PROTECTING or sign_of_side(order.side) == 0 or order.size_e8 <= 0:
            return refused(RefusalCode.INVALID_VALUE, f"order {order.order_id[:64]!r} protects nothing")
    for negative in command.negatives:
        if negative.treatment not in TREATMENTS or negative.amount_e8 < 0:
            return refused(RefusalCode.INVALID_VALUE, f"treatment of {negative.account[:64]!r}")
    return None


def _named_twice(command: ApplyCorrection) -> str:
    """What two lines of one list are about, which would correct it twice; empty: nothing is."""
    seen: set[str] = set()
    names = ["index " + entry.market for entry in command.indices]
    names.extend(["funding " + line.account + " " + line.market for line in command.funding])
    names.extend([f"event {fill.reverses_seq}" for fill in command.fills])
    names.extend(["shares " + share.vault + " " + share.holder for share in command.shares])
    names.extend(["negative " + negative.account for negative in command.negatives])
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _refuse_unknown(state: State, command: ApplyCorrection) -> Decision | None:
    """The first market, account or vault that there is not, or None."""
    markets: list[str] = [entry.market for entry in command.indices]
    accounts: list[str] = []
    for correction in command.funding:
        markets.append(correction.market)
        accounts.append(correction.account)
    for fill in command.fills:
        markets.append(fill.market)
        accounts.append(fill.account)
    for payment in command.payments:
        accounts.append(payment.payer)
        accounts.append(payment.payee)
    for order in command.orders:
        markets.append(order.market)
        accounts.append(order.account)
    accounts.extend([share.holder for share in command.shares])
    accounts.extend([negative.account for negative in command.negatives])
    for market in markets:
        if market not in state.markets:
            return refused(RefusalCode.MARKET_NOT_FOUND, f"market {market!r}")
    for name in accounts:
        account = state.accounts.get(name)
        if account is None:
            return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {name!r}")
        if account.status == ACCOUNT_CLOSED and account.kind != AUXILIARY:
            return refused(RefusalCode.ACCOUNT_CLOSED, f"account {name}")
    for share in command.shares:
        if share.vault not in state.vaults:
            return refused(RefusalCode.VAULT_NOT_FOUND, f"vault {share.vault!r}")
    return None


def _refuse_unbalanced(state: State, command: ApplyCorrection) -> Decision | None:
    """Why the lines are not those of the ledger's positions, or do not cancel out, or None."""
    restated = {entry.market for entry in command.indices}
    sums: defaultdict[str, int] = defaultdict(int)
    for line in command.funding:
        holding = state.accounts[line.account].holdings.get(line.market)
        if (
            holding is None
            or line.market not in restated
            or holding.cached_index_e8 != line.cached_index_before_e8
        ):
            return refused(
                RefusalCode.CORRECTION_MISMATCH,
                f"{line.account} in {line.market} is not settled at {line.cached_index_before_e8}e-8",
            )
        moved = line.cached_index_after_e8 - line.cached_index_before_e8
        sums[line.market] += E8 * line.amount_e8 + line.dust_e16 + holding.size_e8 * moved
    for market, off_e16 in sums.items():
        if off_e16:
            return refused(
                RefusalCode.CORRECTION_UNBALANCED, f"the funding of {market} is off by {off_e16}e-16"
            )
    reversed_sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for fill in command.fills:
        sign = sign_of_side(fill.side)
        own = reversed_sums[fill.market]
        own[0] += sign * fill.fill_size_e8
        own[1] += sign * fill.value_e8
        own[2] += sign * fill.fill_size_e8 * fill.index_e8
    for market, (size, value, index) in reversed_sums.items():
        if size or value or index:
            return refused(
                RefusalCode.CORRECTION_UNBALANCED, f"the sides of the fills of {market} do not cancel out"
            )
    return None


def evolve_funding_index_restated(state: State, event: FundingIndexRestated) -> None:
    """The index from now on; the next step goes on from it."""
    market = state.markets[event.market]
    market.index_before_e8 = event.index_after_e8
    market.index_e8 = event.index_after_e8
    market.remainder = event.remainder_after
    use_plan(state, event.plan_digest, event.seq)
