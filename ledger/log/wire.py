"""Avro codec of every message, generated from ``schemas/``; do not edit.

``python -m schemas.generate`` writes it. Use it through ``ledger.log.codec``, which takes it
where it is compiled. A framed message is ``C3 01``, the CRC-64-AVRO fingerprint of its schema in
eight little-endian bytes, and the Avro body: a long is a zigzag varint, a string its length as a
long and UTF-8, an array its length, its items and a zero.

Reading accepts exactly what writing produces: no bytes left over, no varint longer than
needed, no array in pieces. So whatever decodes encodes to the same bytes.

``i64`` wraps silently, so it is used for the bits of varints only: a value becomes one through
a conversion that raises ``ValueError`` or ``OverflowError`` past 64 bits.
"""

from typing import Final, final

from librt.strings import BytesWriter, read_i64_le, write_i16_le, write_i64_le
from mypy_extensions import i64, u8

from ledger.core.messages import (
    AccountChanged,
    AccountOpened,
    AdjustmentPosted,
    AdvanceFunding,
    ApplyCorrection,
    ApplyRollback,
    ApprovePlan,
    AssetListed,
    AssetUpdated,
    BlockSealed,
    BookConfirmed,
    BustTrade,
    CancelAllOrders,
    CancelOrder,
    CancelOutsideBand,
    ChangeAccount,
    ChangeRule,
    ChangeStatus,
    CheckpointMarked,
    Command,
    CompleteUnwind,
    ConfirmBook,
    CorrectionPayment,
    CreateVault,
    CreditDeposit,
    DeleverageAccount,
    DepositCredited,
    DepositToVault,
    Event,
    FailWithdrawal,
    FillReversal,
    FillSettled,
    FundingCorrection,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
    GuardTripped,
    IndexRestatement,
    KeyRegistered,
    KeyRevoked,
    LedgerOpened,
    LiquidateAccount,
    LiquidationStarted,
    ListAsset,
    ListMarket,
    LossSocialized,
    MarkCheckpoint,
    MarketListed,
    MarketPrice,
    MarketRate,
    MarketUpdated,
    NegativeTreatment,
    OpenAccount,
    OrderCancelled,
    OrderPlaced,
    OrderReinstatement,
    OrderTriggered,
    Outcome,
    PayRefund,
    PenaltyCharged,
    PlaceOrder,
    PlanApproved,
    PostAdjustment,
    PricesUpdated,
    RedeemShares,
    RefundPaid,
    RegisterKey,
    ReinstateWithdrawal,
    ReleaseWithdrawal,
    RequestWithdrawal,
    RevokeKey,
    RollbackChoice,
    RollbackCompleted,
    RollbackDeclared,
    RoundingSwept,
    RuleChanged,
    SettleFunding,
    SettleOffBookTrade,
    SettleTrade,
    SettleVaultFees,
    ShareCorrection,
    SignedCommand,
    SweepRounding,
    SystemStatusChanged,
    TradeBusted,
    Transfer,
    TransferReceived,
    TransferSent,
    TriggerOrder,
    UpdateAsset,
    UpdateMarket,
    UpdatePrices,
    UpdateVault,
    VaultCreated,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    VaultUnwindCompleted,
    VaultUnwindStarted,
    VaultUpdated,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.errors import CodecFault
from ledger.log.codec_faults import (
    ARRAY_IN_PIECES,
    ARRAY_NEGATIVE,
    ENDS_HERE,
    NUMBER_TOO_LONG,
    TEXT_NOT_UTF8,
    TEXT_TOO_LONG,
    check_fields,
    left_over,
    misfit,
    unframed,
    unknown,
    unreadable,
)

COMPILED: Final[bool] = not __file__.endswith(".py")
"""Whether this module runs as machine code."""

MAGIC: Final = 0x01C3
"""``C3 01`` as a little-endian number."""

FRAMING: Final = 10
"""Bytes before the body, here as a constant of the compiler."""

LOW_57: Final = (1 << 57) - 1
LOW_63: Final = (1 << 63) - 1


@final
class Reader:
    """Reads the body of a ``name``: ``at`` is the next byte, ``count`` the number of fields begun.

    ``step`` is 0 within an array, whose records lie in one field.
    """

    __slots__ = ("at", "count", "data", "end", "name", "step")

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.at: i64 = FRAMING
        self.end: i64 = len(data)
        self.count: i64 = 0
        self.step: i64 = 1

    def varint(self) -> i64:
        """The bits of the next field, in zigzag order."""
        self.count += self.step
        at = self.at
        end = self.end
        data = self.data
        if at >= end:
            raise self.fault(ENDS_HERE)
        byte: i64 = data[at]
        at += 1
        bits = byte & 0x7F
        shift: i64 = 7
        while byte >= 0x80:
            if at >= end:
                raise self.fault(ENDS_HERE)
            byte = data[at]
            at += 1
            if byte == 0 or (shift == 63 and byte != 1):
                raise self.fault(NUMBER_TOO_LONG)
            bits |= (byte & 0x7F) << shift
            shift += 7
        self.at = at
        return bits

    def long(self) -> int:
        """The next field, a long."""
        bits = self.varint()
        if bits < 0:  # compiled only: the highest bit of an i64 is its sign, and >> copies it
            return ((bits >> 1) & LOW_63) ^ -(bits & 1)
        return (bits >> 1) ^ -(bits & 1)

    def text(self) -> str:
        """The next field, a string."""
        bits = self.varint()
        start = self.at
        size = bits >> 1
        if bits & 1 or size < 0 or size > self.end - start:
            raise self.fault(TEXT_TOO_LONG)
        if size == 0:
            return ""
        text = self.data[start : start + size].decode("utf-8")
        self.at = start + size
        return text

    def items(self) -> int:
        """The number of items of the next field, an array."""
        start = self.at
        number = self.long()
        if number < 0:
            self.at = start
            raise self.fault(ARRAY_NEGATIVE)
        if number > 0:
            self.step = 0
        return number

    def no_more_items(self) -> None:
        """The zero after the last item."""
        start = self.at
        if self.long() != 0:
            self.at = start
            raise self.fault(ARRAY_IN_PIECES)
        self.step = 1

    def finish(self) -> None:
        """Nothing may follow the last field."""
        if self.at != self.end:
            raise left_over(self.name, self.at, self.end)

    def fault(self, what: str) -> CodecFault:
        """The fault in the field being read."""
        return unreadable(self.name, self.count, self.at, what)


def put_long(out: BytesWriter, value: int) -> None:
    """Append a long; ``ValueError`` or ``OverflowError`` past 64 bits."""
    number: i64 = value
    bits: i64 = number << 1 if number >= 0 else ~(number << 1)
    while bits & ~0x7F:
        out.append(u8((bits & 0x7F) | 0x80))
        bits = (bits >> 7) & LOW_57
    out.append(u8(bits))


def put_text(out: BytesWriter, value: str) -> None:
    """Append a string; ``UnicodeEncodeError`` when it has half of a surrogate pair."""
    if not value:
        out.append(0)
        return
    data = value.encode("utf-8")
    put_long(out, len(data))
    out.write(data)


def fingerprint_at(data: bytes) -> i64:
    """The fingerprint in the framing of ``data``."""
    if len(data) < FRAMING or data[0] != 0xC3 or data[1] != 0x01:
        raise unframed(data)
    return read_i64_le(data, 2)


def put_market_rate(out: BytesWriter, message: MarketRate) -> None:
    """Append one MarketRate of an array."""
    put_text(out, message.market)
    put_long(out, message.rate_e12)
    put_long(out, message.spot_e8)
    put_long(out, message.has_claim)
    put_long(out, message.index_claimed_e8)
    put_long(out, message.has_premium)
    put_long(out, message.premium_e8)


def get_market_rate_items(reader: Reader) -> list[MarketRate]:
    """Read an array of MarketRate."""
    items = [
        MarketRate(
            reader.text(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_index_restatement(out: BytesWriter, message: IndexRestatement) -> None:
    """Append one IndexRestatement of an array."""
    put_text(out, message.market)
    put_long(out, message.index_after_e8)
    put_long(out, message.remainder_after)
    put_long(out, message.from_seq)
    put_long(out, message.to_seq)


def get_index_restatement_items(reader: Reader) -> list[IndexRestatement]:
    """Read an array of IndexRestatement."""
    items = [
        IndexRestatement(
            reader.text(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_funding_correction(out: BytesWriter, message: FundingCorrection) -> None:
    """Append one FundingCorrection of an array."""
    put_text(out, message.account)
    put_text(out, message.market)
    put_long(out, message.cached_index_before_e8)
    put_long(out, message.cached_index_after_e8)
    put_long(out, message.amount_e8)
    put_long(out, message.dust_e16)
    put_long(out, message.corrects_seq)


def get_funding_correction_items(reader: Reader) -> list[FundingCorrection]:
    """Read an array of FundingCorrection."""
    items = [
        FundingCorrection(
            reader.text(),
            reader.text(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_fill_reversal(out: BytesWriter, message: FillReversal) -> None:
    """Append one FillReversal of an array."""
    put_text(out, message.account)
    put_text(out, message.market)
    put_text(out, message.counterparty)
    put_text(out, message.liquidation_id)
    put_long(out, message.reverses_seq)
    put_long(out, message.previous_seq)
    put_long(out, message.whole)
    put_text(out, message.side)
    put_long(out, message.fill_size_e8)
    put_long(out, message.price_e8)
    put_long(out, message.value_e8)
    put_long(out, message.index_e8)
    put_long(out, message.cost_before_e8)
    put_long(out, message.position_id_before)


def get_fill_reversal_items(reader: Reader) -> list[FillReversal]:
    """Read an array of FillReversal."""
    items = [
        FillReversal(
            reader.text(),
            reader.text(),
            reader.text(),
            reader.text(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.text(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_correction_payment(out: BytesWriter, message: CorrectionPayment) -> None:
    """Append one CorrectionPayment of an array."""
    put_text(out, message.payer)
    put_text(out, message.payee)
    put_text(out, message.transfer_kind)
    put_long(out, message.amount_e8)
    put_text(out, message.liquidation_id)
    put_text(out, message.vault)
    put_long(out, message.corrects_seq)


def get_correction_payment_items(reader: Reader) -> list[CorrectionPayment]:
    """Read an array of CorrectionPayment."""
    items = [
        CorrectionPayment(
            reader.text(),
            reader.text(),
            reader.text(),
            reader.long(),
            reader.text(),
            reader.text(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_share_correction(out: BytesWriter, message: ShareCorrection) -> None:
    """Append one ShareCorrection of an array."""
    put_text(out, message.vault)
    put_text(out, message.holder)
    put_long(out, message.shares_e8)
    put_long(out, message.equity_e8)
    put_long(out, message.price_e8)
    put_long(out, message.hwm_after_e8)
    put_text(out, message.lot_id)
    put_long(out, message.unlock_at_us)
    put_long(out, message.corrects_seq)


def get_share_correction_items(reader: Reader) -> list[ShareCorrection]:
    """Read an array of ShareCorrection."""
    items = [
        ShareCorrection(
            reader.text(),
            reader.text(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.text(),
            reader.long(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_order_reinstatement(out: BytesWriter, message: OrderReinstatement) -> None:
    """Append one OrderReinstatement of an array."""
    put_text(out, message.account)
    put_text(out, message.order_id)
    put_text(out, message.client_id)
    put_text(out, message.market)
    put_text(out, message.side)
    put_text(out, message.order_type)
    put_text(out, message.instruction)
    put_long(out, message.size_e8)
    put_long(out, message.has_price)
    put_long(out, message.price_e8)
    put_long(out, message.trigger_price_e8)
    put_text(out, message.trigger_condition)
    put_text(out, message.oco_group)
    put_text(out, message.stp)
    put_long(out, message.reinstates_seq)


def get_order_reinstatement_items(reader: Reader) -> list[OrderReinstatement]:
    """Read an array of OrderReinstatement."""
    items = [
        OrderReinstatement(
            reader.text(),
            reader.text(),
            reader.text(),
            reader.text(),
            reader.text(),
            reader.text(),
            reader.text(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.text(),
            reader.text(),
            reader.text(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_negative_treatment(out: BytesWriter, message: NegativeTreatment) -> None:
    """Append one NegativeTreatment of an array."""
    put_text(out, message.account)
    put_text(out, message.treatment)
    put_long(out, message.amount_e8)


def get_negative_treatment_items(reader: Reader) -> list[NegativeTreatment]:
    """Read an array of NegativeTreatment."""
    items = [
        NegativeTreatment(
            reader.text(),
            reader.text(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_rollback_choice(out: BytesWriter, message: RollbackChoice) -> None:
    """Append one RollbackChoice of an array."""
    put_text(out, message.subject)
    put_text(out, message.treatment)


def get_rollback_choice_items(reader: Reader) -> list[RollbackChoice]:
    """Read an array of RollbackChoice."""
    items = [
        RollbackChoice(
            reader.text(),
            reader.text(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_market_price(out: BytesWriter, message: MarketPrice) -> None:
    """Append one MarketPrice of an array."""
    put_text(out, message.market)
    put_long(out, message.mark_e8)
    put_long(out, message.spot_e8)
    put_long(out, message.has_external_fair)
    put_long(out, message.external_fair_e8)
    put_long(out, message.has_bid)
    put_long(out, message.bid_e8)
    put_long(out, message.has_ask)
    put_long(out, message.ask_e8)
    put_long(out, message.has_last)
    put_long(out, message.last_e8)
    put_long(out, message.bid_depth_e8)
    put_long(out, message.ask_depth_e8)


def get_market_price_items(reader: Reader) -> list[MarketPrice]:
    """Read an array of MarketPrice."""
    items = [
        MarketPrice(
            reader.text(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
            reader.long(),
        )
        for _ in range(reader.items())
    ]
    if items:
        reader.no_more_items()
    return items


def put_fill_settled(out: BytesWriter, message: FillSettled) -> None:
    """Append a framed FillSettled."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -4318665824593251684)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.market)
    put_text(out, message.trade_id)
    put_text(out, message.fill_type)
    put_text(out, message.side)
    put_text(out, message.liquidity)
    put_text(out, message.counterparty)
    put_long(out, message.fill_size_e8)
    put_long(out, message.price_e8)
    put_long(out, message.value_e8)
    put_text(out, message.order_id)
    put_text(out, message.client_id)
    put_text(out, message.order_status_after)
    put_long(out, message.remaining_before_e8)
    put_long(out, message.remaining_after_e8)
    put_long(out, message.position_id_before)
    put_long(out, message.position_id_after)
    put_long(out, message.size_before_e8)
    put_long(out, message.size_after_e8)
    put_long(out, message.cost_before_e8)
    put_long(out, message.cost_after_e8)
    put_long(out, message.cached_index_before_e8)
    put_long(out, message.funding_index_e8)
    put_long(out, message.realized_pnl_e8)
    put_long(out, message.realized_funding_e8)
    put_long(out, message.dust_e16)
    put_long(out, message.fee_e8)
    put_long(out, message.fee_ppm)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_long(out, message.mark_price_e8)
    put_long(out, message.spot_price_e8)
    put_long(out, message.has_external_fair)
    put_long(out, message.external_fair_e8)
    put_long(out, message.open_buy_before_e8)
    put_long(out, message.open_buy_after_e8)
    put_long(out, message.open_sell_before_e8)
    put_long(out, message.open_sell_after_e8)
    put_text(out, message.liquidation_id)
    put_text(out, message.vault)
    put_long(out, message.matched_at_us)
    put_long(out, message.reverses_seq)


def get_fill_settled(reader: Reader) -> FillSettled:
    """Read the body of a FillSettled."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = FillSettled(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_order_placed(out: BytesWriter, message: OrderPlaced) -> None:
    """Append a framed OrderPlaced."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -1242428167970922207)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.order_id)
    put_text(out, message.client_id)
    put_text(out, message.market)
    put_text(out, message.side)
    put_text(out, message.order_type)
    put_text(out, message.instruction)
    put_long(out, message.reduce_only)
    put_long(out, message.size_e8)
    put_long(out, message.has_price)
    put_long(out, message.price_e8)
    put_long(out, message.has_trigger)
    put_long(out, message.trigger_price_e8)
    put_text(out, message.trigger_condition)
    put_text(out, message.oco_group)
    put_text(out, message.parent_order_id)
    put_text(out, message.stp)
    put_text(out, message.status_after)
    put_long(out, message.remaining_after_e8)
    put_long(out, message.open_buy_before_e8)
    put_long(out, message.open_buy_after_e8)
    put_long(out, message.open_sell_before_e8)
    put_long(out, message.open_sell_after_e8)
    put_long(out, message.mark_price_e8)
    put_long(out, message.account_value_e8)
    put_long(out, message.imr_before_e8)
    put_long(out, message.imr_after_e8)
    put_long(out, message.reinstates_seq)


def get_order_placed(reader: Reader) -> OrderPlaced:
    """Read the body of an OrderPlaced."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = OrderPlaced(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_order_cancelled(out: BytesWriter, message: OrderCancelled) -> None:
    """Append a framed OrderCancelled."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 537652053060169231)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.order_id)
    put_text(out, message.market)
    put_text(out, message.side)
    put_text(out, message.order_type)
    put_text(out, message.cancel_reason)
    put_text(out, message.oco_group)
    put_text(out, message.status_before)
    put_long(out, message.remaining_before_e8)
    put_long(out, message.remaining_after_e8)
    put_long(out, message.open_buy_before_e8)
    put_long(out, message.open_buy_after_e8)
    put_long(out, message.open_sell_before_e8)
    put_long(out, message.open_sell_after_e8)


def get_order_cancelled(reader: Reader) -> OrderCancelled:
    """Read the body of an OrderCancelled."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = OrderCancelled(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_transfer_sent(out: BytesWriter, message: TransferSent) -> None:
    """Append a framed TransferSent."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -4133327189516673606)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.transfer_id)
    put_text(out, message.transfer_kind)
    put_text(out, message.counterparty)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_text(out, message.vault)
    put_text(out, message.liquidation_id)
    put_text(out, message.incident_id)
    put_long(out, message.corrects_seq)


def get_transfer_sent(reader: Reader) -> TransferSent:
    """Read the body of a TransferSent."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = TransferSent(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_transfer_received(out: BytesWriter, message: TransferReceived) -> None:
    """Append a framed TransferReceived."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -3603056734149803450)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.transfer_id)
    put_text(out, message.transfer_kind)
    put_text(out, message.counterparty)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_text(out, message.vault)
    put_text(out, message.liquidation_id)
    put_text(out, message.incident_id)
    put_long(out, message.corrects_seq)


def get_transfer_received(reader: Reader) -> TransferReceived:
    """Read the body of a TransferReceived."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = TransferReceived(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_account_changed(out: BytesWriter, message: AccountChanged) -> None:
    """Append a framed AccountChanged."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 4725799054635576458)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.field)
    put_text(out, message.market)
    put_text(out, message.value_before)
    put_text(out, message.value_after)
    put_text(out, message.reason)


def get_account_changed(reader: Reader) -> AccountChanged:
    """Read the body of an AccountChanged."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = AccountChanged(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_account_opened(out: BytesWriter, message: AccountOpened) -> None:
    """Append a framed AccountOpened."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -8304160485208859033)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.kind)
    put_text(out, message.parent)
    put_text(out, message.signer_key)
    put_long(out, message.margin_exempt)
    put_text(out, message.fee_tier)
    put_long(out, message.reinstates_seq)


def get_account_opened(reader: Reader) -> AccountOpened:
    """Read the body of an AccountOpened."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = AccountOpened(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_adjustment_posted(out: BytesWriter, message: AdjustmentPosted) -> None:
    """Append a framed AdjustmentPosted."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 9070677615776703831)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_text(out, message.reason_code)
    put_text(out, message.incident_id)
    put_long(out, message.corrects_seq)
    put_text(out, message.note)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_text(out, message.key_1)
    put_text(out, message.key_2)


def get_adjustment_posted(reader: Reader) -> AdjustmentPosted:
    """Read the body of an AdjustmentPosted."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = AdjustmentPosted(
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_asset_listed(out: BytesWriter, message: AssetListed) -> None:
    """Append a framed AssetListed."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -2579118868570309495)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.asset)
    put_long(out, message.decimals)
    put_long(out, message.settlement)
    put_text(out, message.status)
    put_long(out, message.revision)


def get_asset_listed(reader: Reader) -> AssetListed:
    """Read the body of an AssetListed."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = AssetListed(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_asset_updated(out: BytesWriter, message: AssetUpdated) -> None:
    """Append a framed AssetUpdated."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -3791498418221571420)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.asset)
    put_text(out, message.changed_fields)
    put_long(out, message.revision_before)
    put_long(out, message.revision_after)
    put_long(out, message.decimals)
    put_long(out, message.settlement)
    put_text(out, message.status)


def get_asset_updated(reader: Reader) -> AssetUpdated:
    """Read the body of an AssetUpdated."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = AssetUpdated(
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_book_confirmed(out: BytesWriter, message: BookConfirmed) -> None:
    """Append a framed BookConfirmed."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 8528283921986329270)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.source)
    put_text(out, message.book_digest)
    put_long(out, message.orders)


def get_book_confirmed(reader: Reader) -> BookConfirmed:
    """Read the body of a BookConfirmed."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = BookConfirmed(
        reader.text(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_checkpoint_marked(out: BytesWriter, message: CheckpointMarked) -> None:
    """Append a framed CheckpointMarked."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -692232175818486152)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_long(out, message.checkpoint_height)
    put_text(out, message.writer_digest)
    put_text(out, message.view_digests)
    put_text(out, message.proof_roots)
    put_long(out, message.accounts)
    put_long(out, message.positions)
    put_long(out, message.orders)


def get_checkpoint_marked(reader: Reader) -> CheckpointMarked:
    """Read the body of a CheckpointMarked."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = CheckpointMarked(
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_deposit_credited(out: BytesWriter, message: DepositCredited) -> None:
    """Append a framed DepositCredited."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -846935595203301246)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_text(out, message.external_ref)
    put_text(out, message.bridge)
    put_text(out, message.external_chain)
    put_long(out, message.reinstates_seq)


def get_deposit_credited(reader: Reader) -> DepositCredited:
    """Read the body of a DepositCredited."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = DepositCredited(
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_funding_index_advanced(out: BytesWriter, message: FundingIndexAdvanced) -> None:
    """Append a framed FundingIndexAdvanced."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -4497931945895749530)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_long(out, message.tick_id)
    put_long(out, message.previous_tick_id)
    put_long(out, message.tick_markets)
    put_text(out, message.market)
    put_long(out, message.rate_e12)
    put_long(out, message.spot_e8)
    put_long(out, message.premium_e8)
    put_long(out, message.premium_applied_e8)
    put_long(out, message.observed_before_ms)
    put_long(out, message.observed_at_ms)
    put_long(out, message.elapsed_ms)
    put_long(out, message.elapsed_applied_ms)
    put_long(out, message.gap)
    put_long(out, message.paused)
    put_long(out, message.period_s)
    put_long(out, message.step_e8)
    put_long(out, message.index_before_e8)
    put_long(out, message.index_after_e8)
    put_long(out, message.remainder_before)
    put_long(out, message.remainder_after)
    put_long(out, message.has_claim)
    put_long(out, message.index_claimed_e8)
    put_long(out, message.index_computed_e8)
    put_text(out, message.index_source)
    put_text(out, message.source)
    put_long(out, message.source_epoch)


def get_funding_index_advanced(reader: Reader) -> FundingIndexAdvanced:
    """Read the body of a FundingIndexAdvanced."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = FundingIndexAdvanced(
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_funding_index_restated(out: BytesWriter, message: FundingIndexRestated) -> None:
    """Append a framed FundingIndexRestated."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 558827391560648926)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.market)
    put_long(out, message.index_before_e8)
    put_long(out, message.index_after_e8)
    put_long(out, message.remainder_before)
    put_long(out, message.remainder_after)
    put_long(out, message.from_seq)
    put_long(out, message.to_seq)
    put_text(out, message.plan_digest)
    put_text(out, message.incident_id)
    put_text(out, message.reason)
    put_text(out, message.key_1)
    put_text(out, message.key_2)


def get_funding_index_restated(reader: Reader) -> FundingIndexRestated:
    """Read the body of a FundingIndexRestated."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = FundingIndexRestated(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_funding_settled(out: BytesWriter, message: FundingSettled) -> None:
    """Append a framed FundingSettled."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -5607447638218257329)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.market)
    put_text(out, message.settle_kind)
    put_long(out, message.position_id)
    put_long(out, message.size_e8)
    put_long(out, message.cached_index_before_e8)
    put_long(out, message.cached_index_after_e8)
    put_long(out, message.funding_index_e8)
    put_long(out, message.realized_funding_e8)
    put_long(out, message.dust_e16)
    put_long(out, message.mark_price_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_long(out, message.corrects_seq)


def get_funding_settled(reader: Reader) -> FundingSettled:
    """Read the body of a FundingSettled."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = FundingSettled(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_guard_tripped(out: BytesWriter, message: GuardTripped) -> None:
    """Append a framed GuardTripped."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -5120531429566215486)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.guard)
    put_text(out, message.policy)
    put_text(out, message.action)
    put_text(out, message.input_command_id)
    put_long(out, message.tick_id)
    put_text(out, message.market)
    put_text(out, message.field)
    put_text(out, message.given)
    put_long(out, message.has_value)
    put_long(out, message.value_e8)
    put_long(out, message.expected_e8)
    put_long(out, message.bound_low_e8)
    put_long(out, message.bound_high_e8)
    put_long(out, message.last_accepted_seq)
    put_text(out, message.source)
    put_long(out, message.source_epoch)


def get_guard_tripped(reader: Reader) -> GuardTripped:
    """Read the body of a GuardTripped."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = GuardTripped(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_key_registered(out: BytesWriter, message: KeyRegistered) -> None:
    """Append a framed KeyRegistered."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -7115706428625358468)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.key_id)
    put_text(out, message.public_key)
    put_text(out, message.role)
    put_text(out, message.operator)
    put_text(out, message.by_key)
    put_text(out, message.signature)


def get_key_registered(reader: Reader) -> KeyRegistered:
    """Read the body of a KeyRegistered."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = KeyRegistered(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_key_revoked(out: BytesWriter, message: KeyRevoked) -> None:
    """Append a framed KeyRevoked."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -1370158134635940193)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.key_id)
    put_text(out, message.public_key)
    put_text(out, message.role)
    put_text(out, message.operator)
    put_text(out, message.by_key)
    put_text(out, message.signature)


def get_key_revoked(reader: Reader) -> KeyRevoked:
    """Read the body of a KeyRevoked."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = KeyRevoked(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_ledger_opened(out: BytesWriter, message: LedgerOpened) -> None:
    """Append a framed LedgerOpened."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -3185099234339985791)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.ledger_id)
    put_long(out, message.partitions)
    put_text(out, message.hash_version)
    put_text(out, message.operator_keys)


def get_ledger_opened(reader: Reader) -> LedgerOpened:
    """Read the body of a LedgerOpened."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = LedgerOpened(
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_liquidation_started(out: BytesWriter, message: LiquidationStarted) -> None:
    """Append a framed LiquidationStarted."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -7299704415692615748)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.liquidation_id)
    put_long(out, message.share_ppm)
    put_long(out, message.full)
    put_long(out, message.account_value_e8)
    put_long(out, message.mmr_e8)
    put_long(out, message.margin_ratio_ppm)
    put_long(out, message.balance_e8)
    put_long(out, message.unrealized_pnl_e8)
    put_long(out, message.accrued_funding_e8)
    put_long(out, message.account_value_fair_e8)
    put_long(out, message.mmr_fair_e8)
    put_long(out, message.has_fair)
    put_long(out, message.price_tick_id)
    put_long(out, message.funding_tick_id)
    put_long(out, message.price_seq)
    put_long(out, message.funding_seq)
    put_text(out, message.trigger)
    put_text(out, message.status)
    put_long(out, message.status_age_ms)
    put_long(out, message.positions)
    put_long(out, message.notional_e8)
    put_text(out, message.account_status_before)
    put_text(out, message.account_status_after)


def get_liquidation_started(reader: Reader) -> LiquidationStarted:
    """Read the body of a LiquidationStarted."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = LiquidationStarted(
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_loss_socialized(out: BytesWriter, message: LossSocialized) -> None:
    """Append a framed LossSocialized."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 4258144346524160022)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.withdrawal_id)
    put_text(out, message.from_account)
    put_long(out, message.amount_e8)
    put_long(out, message.bankruptcy_e8)
    put_long(out, message.custody_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)


def get_loss_socialized(reader: Reader) -> LossSocialized:
    """Read the body of a LossSocialized."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = LossSocialized(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_market_listed(out: BytesWriter, message: MarketListed) -> None:
    """Append a framed MarketListed."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 5297056788440637094)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.market)
    put_text(out, message.base)
    put_text(out, message.quote)
    put_text(out, message.settlement_asset)
    put_text(out, message.market_kind)
    put_text(out, message.status)
    put_long(out, message.revision)
    put_long(out, message.price_tick_e8)
    put_long(out, message.size_step_e8)
    put_long(out, message.notional_min_e8)
    put_long(out, message.order_size_max_e8)
    put_long(out, message.position_limit_e8)
    put_long(out, message.open_orders_max)
    put_long(out, message.imf_base_ppm)
    put_long(out, message.mmf_factor_ppm)
    put_long(out, message.taker_fee_ppm)
    put_long(out, message.maker_fee_ppm)
    put_long(out, message.price_band_ppm)
    put_long(out, message.maintenance_band_ppm)
    put_long(out, message.spread_max_ppm)
    put_long(out, message.depth_min_e8)
    put_long(out, message.liquidation_fee_ppm)
    put_long(out, message.liquidation_step_ppm)
    put_long(out, message.liquidation_target_ppm)
    put_long(out, message.funding_period_s)
    put_long(out, message.funding_gap_max_ms)
    put_long(out, message.funding_rate_max_e12)
    put_long(out, message.funding_rate_change_max_e12)
    put_long(out, message.funding_rate_tolerance_e12)
    put_long(out, message.interest_rate_e12)
    put_long(out, message.clamp_rate_e12)
    put_long(out, message.price_move_max_ppm)
    put_long(out, message.price_window_ms)
    put_long(out, message.price_window_move_max_ppm)
    put_long(out, message.fair_divergence_max_ppm)
    put_long(out, message.price_age_max_ms)
    put_long(out, message.oracle_ewma_ppm)
    put_long(out, message.index_start_e8)


def get_market_listed(reader: Reader) -> MarketListed:
    """Read the body of a MarketListed."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = MarketListed(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_market_updated(out: BytesWriter, message: MarketUpdated) -> None:
    """Append a framed MarketUpdated."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -4055873087924066576)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.market)
    put_text(out, message.changed_fields)
    put_long(out, message.revision_before)
    put_long(out, message.revision_after)
    put_text(out, message.base)
    put_text(out, message.quote)
    put_text(out, message.settlement_asset)
    put_text(out, message.market_kind)
    put_text(out, message.status)
    put_long(out, message.price_tick_e8)
    put_long(out, message.size_step_e8)
    put_long(out, message.notional_min_e8)
    put_long(out, message.order_size_max_e8)
    put_long(out, message.position_limit_e8)
    put_long(out, message.open_orders_max)
    put_long(out, message.imf_base_ppm)
    put_long(out, message.mmf_factor_ppm)
    put_long(out, message.taker_fee_ppm)
    put_long(out, message.maker_fee_ppm)
    put_long(out, message.price_band_ppm)
    put_long(out, message.maintenance_band_ppm)
    put_long(out, message.spread_max_ppm)
    put_long(out, message.depth_min_e8)
    put_long(out, message.liquidation_fee_ppm)
    put_long(out, message.liquidation_step_ppm)
    put_long(out, message.liquidation_target_ppm)
    put_long(out, message.funding_period_s)
    put_long(out, message.funding_gap_max_ms)
    put_long(out, message.funding_rate_max_e12)
    put_long(out, message.funding_rate_change_max_e12)
    put_long(out, message.funding_rate_tolerance_e12)
    put_long(out, message.interest_rate_e12)
    put_long(out, message.clamp_rate_e12)
    put_long(out, message.price_move_max_ppm)
    put_long(out, message.price_window_ms)
    put_long(out, message.price_window_move_max_ppm)
    put_long(out, message.fair_divergence_max_ppm)
    put_long(out, message.price_age_max_ms)
    put_long(out, message.oracle_ewma_ppm)
    put_long(out, message.index_start_e8)


def get_market_updated(reader: Reader) -> MarketUpdated:
    """Read the body of a MarketUpdated."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = MarketUpdated(
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_order_triggered(out: BytesWriter, message: OrderTriggered) -> None:
    """Append a framed OrderTriggered."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -8278920600950232119)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.order_id)
    put_text(out, message.market)
    put_text(out, message.side)
    put_long(out, message.trigger_price_e8)
    put_long(out, message.mark_price_e8)
    put_long(out, message.price_seq)
    put_long(out, message.has_price)
    put_long(out, message.price_e8)
    put_text(out, message.status_before)
    put_text(out, message.status_after)
    put_long(out, message.remaining_before_e8)
    put_long(out, message.remaining_after_e8)
    put_long(out, message.open_buy_before_e8)
    put_long(out, message.open_buy_after_e8)
    put_long(out, message.open_sell_before_e8)
    put_long(out, message.open_sell_after_e8)


def get_order_triggered(reader: Reader) -> OrderTriggered:
    """Read the body of an OrderTriggered."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = OrderTriggered(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_penalty_charged(out: BytesWriter, message: PenaltyCharged) -> None:
    """Append a framed PenaltyCharged."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -7857201173036860602)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.liquidation_id)
    put_long(out, message.share_ppm)
    put_long(out, message.mmr_e8)
    put_long(out, message.fee_ppm)
    put_long(out, message.amount_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)


def get_penalty_charged(reader: Reader) -> PenaltyCharged:
    """Read the body of a PenaltyCharged."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = PenaltyCharged(
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_plan_approved(out: BytesWriter, message: PlanApproved) -> None:
    """Append a framed PlanApproved."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 7044603207966598624)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.plan_kind)
    put_text(out, message.plan_digest)
    put_text(out, message.incident_id)
    put_long(out, message.head_height)
    put_long(out, message.lines)
    put_long(out, message.total_e8)
    put_text(out, message.payer)
    put_long(out, message.cap_e8)
    put_text(out, message.key_1)
    put_text(out, message.key_2)
    put_text(out, message.signature_1)
    put_text(out, message.signature_2)
    put_long(out, message.expires_at_us)


def get_plan_approved(reader: Reader) -> PlanApproved:
    """Read the body of a PlanApproved."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = PlanApproved(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_prices_updated(out: BytesWriter, message: PricesUpdated) -> None:
    """Append a framed PricesUpdated."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -5033838702327840460)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_long(out, message.tick_id)
    put_long(out, message.previous_tick_id)
    put_long(out, message.tick_markets)
    put_text(out, message.market)
    put_long(out, message.mark_before_e8)
    put_long(out, message.mark_e8)
    put_long(out, message.spot_e8)
    put_long(out, message.has_external_fair)
    put_long(out, message.external_fair_e8)
    put_long(out, message.has_bid)
    put_long(out, message.bid_e8)
    put_long(out, message.has_ask)
    put_long(out, message.ask_e8)
    put_long(out, message.has_last)
    put_long(out, message.last_e8)
    put_long(out, message.bid_depth_e8)
    put_long(out, message.ask_depth_e8)
    put_text(out, message.source)
    put_long(out, message.source_epoch)
    put_long(out, message.observed_before_ms)
    put_long(out, message.observed_at_ms)


def get_prices_updated(reader: Reader) -> PricesUpdated:
    """Read the body of a PricesUpdated."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = PricesUpdated(
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_refund_paid(out: BytesWriter, message: RefundPaid) -> None:
    """Append a framed RefundPaid."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 7693324690585999671)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.refund_id)
    put_text(out, message.incident_id)
    put_text(out, message.plan_digest)
    put_long(out, message.line)
    put_text(out, message.reason)
    put_text(out, message.method)
    put_text(out, message.payer)
    put_long(out, message.amount_e8)
    put_long(out, message.paid_before_e8)
    put_long(out, message.paid_after_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)


def get_refund_paid(reader: Reader) -> RefundPaid:
    """Read the body of a RefundPaid."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = RefundPaid(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_rollback_completed(out: BytesWriter, message: RollbackCompleted) -> None:
    """Append a framed RollbackCompleted."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 2870907455690299990)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_long(out, message.rollback_seq)
    put_text(out, message.plan_digest)
    put_long(out, message.custody_after_e8)
    put_text(out, message.state_digest_after)
    put_long(out, message.reinstated)
    put_long(out, message.cancelled)
    put_long(out, message.negative_total_e8)


def get_rollback_completed(reader: Reader) -> RollbackCompleted:
    """Read the body of a RollbackCompleted."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = RollbackCompleted(
        reader.long(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_rollback_declared(out: BytesWriter, message: RollbackDeclared) -> None:
    """Append a framed RollbackDeclared."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 218065264987442171)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.incident_id)
    put_long(out, message.target_height)
    put_long(out, message.target_seq)
    put_long(out, message.void_from_height)
    put_long(out, message.void_to_height)
    put_long(out, message.void_from_seq)
    put_long(out, message.void_to_seq)
    put_text(out, message.plan_digest)
    put_text(out, message.reason)
    put_text(out, message.key_1)
    put_text(out, message.key_2)
    put_text(out, message.signature_1)
    put_text(out, message.signature_2)
    put_text(out, message.state_digest_target)
    put_long(out, message.reinstated)
    put_long(out, message.cancelled)
    put_long(out, message.negative_accounts)
    put_long(out, message.custody_before_e8)


def get_rollback_declared(reader: Reader) -> RollbackDeclared:
    """Read the body of a RollbackDeclared."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = RollbackDeclared(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_rounding_swept(out: BytesWriter, message: RoundingSwept) -> None:
    """Append a framed RoundingSwept."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 3296667707290366623)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.clearing)
    put_text(out, message.market)
    put_long(out, message.amount_e8)
    put_long(out, message.dust_swept_e16)


def get_rounding_swept(reader: Reader) -> RoundingSwept:
    """Read the body of a RoundingSwept."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = RoundingSwept(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_rule_changed(out: BytesWriter, message: RuleChanged) -> None:
    """Append a framed RuleChanged."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 4873442960380488172)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.rule)
    put_text(out, message.scope)
    put_text(out, message.value_before)
    put_text(out, message.value_after)
    put_text(out, message.operator_key)
    put_text(out, message.second_key)
    put_text(out, message.signature)
    put_text(out, message.second_signature)


def get_rule_changed(reader: Reader) -> RuleChanged:
    """Read the body of a RuleChanged."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = RuleChanged(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_system_status_changed(out: BytesWriter, message: SystemStatusChanged) -> None:
    """Append a framed SystemStatusChanged."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -6730372842427788452)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.status_before)
    put_text(out, message.status_after)
    put_text(out, message.withdrawals_before)
    put_text(out, message.withdrawals_after)
    put_text(out, message.reason)
    put_long(out, message.guard_seq)
    put_text(out, message.gates)
    put_text(out, message.operator_key)
    put_text(out, message.second_key)
    put_text(out, message.signature)
    put_text(out, message.second_signature)


def get_system_status_changed(reader: Reader) -> SystemStatusChanged:
    """Read the body of a SystemStatusChanged."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = SystemStatusChanged(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_trade_busted(out: BytesWriter, message: TradeBusted) -> None:
    """Append a framed TradeBusted."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -4457227690365180252)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.market)
    put_text(out, message.trade_id)
    put_long(out, message.reverses_seq)
    put_text(out, message.reason)
    put_text(out, message.side)
    put_text(out, message.counterparty)
    put_long(out, message.fill_size_e8)
    put_long(out, message.price_e8)
    put_long(out, message.value_e8)
    put_text(out, message.order_id)
    put_text(out, message.client_id)
    put_text(out, message.order_status_after)
    put_long(out, message.remaining_before_e8)
    put_long(out, message.remaining_after_e8)
    put_long(out, message.position_id_before)
    put_long(out, message.position_id_after)
    put_long(out, message.size_before_e8)
    put_long(out, message.size_after_e8)
    put_long(out, message.cost_before_e8)
    put_long(out, message.cost_after_e8)
    put_long(out, message.cached_index_before_e8)
    put_long(out, message.funding_index_e8)
    put_long(out, message.realized_pnl_e8)
    put_long(out, message.realized_funding_e8)
    put_long(out, message.dust_e16)
    put_long(out, message.funding_returned_e8)
    put_long(out, message.fee_returned_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_long(out, message.mark_price_e8)
    put_long(out, message.open_buy_before_e8)
    put_long(out, message.open_buy_after_e8)
    put_long(out, message.open_sell_before_e8)
    put_long(out, message.open_sell_after_e8)
    put_long(out, message.exact)


def get_trade_busted(reader: Reader) -> TradeBusted:
    """Read the body of a TradeBusted."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = TradeBusted(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_vault_created(out: BytesWriter, message: VaultCreated) -> None:
    """Append a framed VaultCreated."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -5520733123932826525)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.vault)
    put_text(out, message.name)
    put_text(out, message.vault_kind)
    put_text(out, message.owner_account)
    put_long(out, message.profit_share_ppm)
    put_long(out, message.profit_share_period_s)
    put_long(out, message.lockup_s)
    put_long(out, message.tvl_max_e8)
    put_long(out, message.owner_minimum_e8)
    put_text(out, message.status)


def get_vault_created(reader: Reader) -> VaultCreated:
    """Read the body of a VaultCreated."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = VaultCreated(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_vault_fee_settled(out: BytesWriter, message: VaultFeeSettled) -> None:
    """Append a framed VaultFeeSettled."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 510845828200971930)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.vault)
    put_text(out, message.holder)
    put_text(out, message.owner)
    put_long(out, message.price_e8)
    put_long(out, message.hwm_before_e8)
    put_long(out, message.hwm_after_e8)
    put_long(out, message.holder_shares_before_e8)
    put_long(out, message.holder_shares_after_e8)
    put_long(out, message.owner_shares_before_e8)
    put_long(out, message.owner_shares_after_e8)
    put_long(out, message.fee_shares_e8)
    put_long(out, message.fee_value_e8)
    put_long(out, message.period_start_us)
    put_text(out, message.settle_reason)


def get_vault_fee_settled(reader: Reader) -> VaultFeeSettled:
    """Read the body of a VaultFeeSettled."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = VaultFeeSettled(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_vault_shares_burned(out: BytesWriter, message: VaultSharesBurned) -> None:
    """Append a framed VaultSharesBurned."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -6856758207000655555)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.vault)
    put_text(out, message.holder)
    put_text(out, message.burn_kind)
    put_text(out, message.transfer_id)
    put_long(out, message.equity_before_e8)
    put_long(out, message.price_e8)
    put_long(out, message.shares_e8)
    put_long(out, message.pay_e8)
    put_text(out, message.aux_account)
    put_text(out, message.lots)
    put_long(out, message.supply_before_e8)
    put_long(out, message.supply_after_e8)
    put_long(out, message.holder_shares_before_e8)
    put_long(out, message.holder_shares_after_e8)
    put_long(out, message.hwm_before_e8)
    put_long(out, message.hwm_after_e8)
    put_long(out, message.holder_deposited_before_e8)
    put_long(out, message.holder_deposited_after_e8)
    put_long(out, message.net_deposits_before_e8)
    put_long(out, message.net_deposits_after_e8)
    put_long(out, message.corrects_seq)


def get_vault_shares_burned(reader: Reader) -> VaultSharesBurned:
    """Read the body of a VaultSharesBurned."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = VaultSharesBurned(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_vault_shares_minted(out: BytesWriter, message: VaultSharesMinted) -> None:
    """Append a framed VaultSharesMinted."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 6458144020752209088)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.vault)
    put_text(out, message.holder)
    put_text(out, message.mint_kind)
    put_text(out, message.transfer_id)
    put_long(out, message.amount_e8)
    put_long(out, message.equity_before_e8)
    put_long(out, message.price_e8)
    put_long(out, message.shares_e8)
    put_long(out, message.supply_before_e8)
    put_long(out, message.supply_after_e8)
    put_long(out, message.holder_shares_before_e8)
    put_long(out, message.holder_shares_after_e8)
    put_long(out, message.hwm_before_e8)
    put_long(out, message.hwm_after_e8)
    put_long(out, message.holder_deposited_before_e8)
    put_long(out, message.holder_deposited_after_e8)
    put_long(out, message.net_deposits_before_e8)
    put_long(out, message.net_deposits_after_e8)
    put_text(out, message.lot_id)
    put_long(out, message.unlock_at_us)
    put_long(out, message.corrects_seq)


def get_vault_shares_minted(reader: Reader) -> VaultSharesMinted:
    """Read the body of a VaultSharesMinted."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = VaultSharesMinted(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_vault_unwind_completed(out: BytesWriter, message: VaultUnwindCompleted) -> None:
    """Append a framed VaultUnwindCompleted."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 6686578650587344392)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.vault)
    put_text(out, message.holder)
    put_text(out, message.aux_account)
    put_text(out, message.unwind_id)
    put_long(out, message.paid_e8)
    put_long(out, message.unwind_pnl_e8)


def get_vault_unwind_completed(reader: Reader) -> VaultUnwindCompleted:
    """Read the body of a VaultUnwindCompleted."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = VaultUnwindCompleted(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_vault_unwind_started(out: BytesWriter, message: VaultUnwindStarted) -> None:
    """Append a framed VaultUnwindStarted."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 8563453228658736098)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.vault)
    put_text(out, message.holder)
    put_text(out, message.aux_account)
    put_text(out, message.unwind_id)
    put_long(out, message.shares_e8)
    put_long(out, message.supply_e8)
    put_long(out, message.equity_e8)
    put_long(out, message.pay_e8)
    put_long(out, message.cash_e8)
    put_long(out, message.positions)
    put_long(out, message.notional_e8)


def get_vault_unwind_started(reader: Reader) -> VaultUnwindStarted:
    """Read the body of a VaultUnwindStarted."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = VaultUnwindStarted(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_vault_updated(out: BytesWriter, message: VaultUpdated) -> None:
    """Append a framed VaultUpdated."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 5539970492358970680)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.vault)
    put_text(out, message.field)
    put_text(out, message.value_before)
    put_text(out, message.value_after)


def get_vault_updated(reader: Reader) -> VaultUpdated:
    """Read the body of a VaultUpdated."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = VaultUpdated(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_withdrawal_failed(out: BytesWriter, message: WithdrawalFailed) -> None:
    """Append a framed WithdrawalFailed."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -6840815939540693165)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.withdrawal_id)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_long(out, message.pending_before_e8)
    put_long(out, message.pending_after_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_text(out, message.reason)
    put_long(out, message.reinstates_seq)


def get_withdrawal_failed(reader: Reader) -> WithdrawalFailed:
    """Read the body of a WithdrawalFailed."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = WithdrawalFailed(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_withdrawal_released(out: BytesWriter, message: WithdrawalReleased) -> None:
    """Append a framed WithdrawalReleased."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -3497164843666547656)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.withdrawal_id)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_long(out, message.socialized_loss_factor_e8)
    put_long(out, message.loss_e8)
    put_long(out, message.paid_e8)
    put_long(out, message.pending_before_e8)
    put_long(out, message.pending_after_e8)
    put_text(out, message.external_ref)
    put_long(out, message.reinstates_seq)


def get_withdrawal_released(reader: Reader) -> WithdrawalReleased:
    """Read the body of a WithdrawalReleased."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = WithdrawalReleased(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_withdrawal_requested(out: BytesWriter, message: WithdrawalRequested) -> None:
    """Append a framed WithdrawalRequested."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -332504977929271109)
    put_long(out, message.seq)
    put_long(out, message.recorded_at_us)
    put_long(out, message.occurred_at_us)
    put_text(out, message.command_id)
    put_long(out, message.cause_seq)
    put_text(out, message.account)
    put_text(out, message.withdrawal_id)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_long(out, message.balance_before_e8)
    put_long(out, message.balance_after_e8)
    put_long(out, message.pending_before_e8)
    put_long(out, message.pending_after_e8)
    put_long(out, message.withdrawable_before_e8)
    put_text(out, message.destination)
    put_long(out, message.reinstates_seq)


def get_withdrawal_requested(reader: Reader) -> WithdrawalRequested:
    """Read the body of a WithdrawalRequested."""
    seq = reader.long()
    recorded_at_us = reader.long()
    occurred_at_us = reader.long()
    command_id = reader.text()
    cause_seq = reader.long()
    message = WithdrawalRequested(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
    )
    message.seq = seq
    message.recorded_at_us = recorded_at_us
    message.occurred_at_us = occurred_at_us
    message.command_id = command_id
    message.cause_seq = cause_seq
    return message


def put_place_order(out: BytesWriter, message: PlaceOrder) -> None:
    """Append a framed PlaceOrder."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -5790698680037890701)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.client_id)
    put_text(out, message.market)
    put_text(out, message.side)
    put_text(out, message.order_type)
    put_text(out, message.instruction)
    put_long(out, message.reduce_only)
    put_long(out, message.size_e8)
    put_long(out, message.has_price)
    put_long(out, message.price_e8)
    put_long(out, message.has_trigger)
    put_long(out, message.trigger_price_e8)
    put_text(out, message.trigger_condition)
    put_text(out, message.oco_group)
    put_text(out, message.parent_order_id)
    put_text(out, message.stp)


def get_place_order(reader: Reader) -> PlaceOrder:
    """Read the body of a PlaceOrder."""
    return PlaceOrder(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_settle_trade(out: BytesWriter, message: SettleTrade) -> None:
    """Append a framed SettleTrade."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 2019603108858039302)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.market)
    put_long(out, message.price_e8)
    put_long(out, message.size_e8)
    put_text(out, message.buy_account)
    put_text(out, message.buy_order_id)
    put_text(out, message.sell_account)
    put_text(out, message.sell_order_id)
    put_text(out, message.taker)
    put_long(out, message.matched_at_us)


def get_settle_trade(reader: Reader) -> SettleTrade:
    """Read the body of a SettleTrade."""
    return SettleTrade(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )


def put_cancel_order(out: BytesWriter, message: CancelOrder) -> None:
    """Append a framed CancelOrder."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -2460482925538925931)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.order_id)
    put_text(out, message.reason)


def get_cancel_order(reader: Reader) -> CancelOrder:
    """Read the body of a CancelOrder."""
    return CancelOrder(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_transfer(out: BytesWriter, message: Transfer) -> None:
    """Append a framed Transfer."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 2870746136377318616)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.counterparty)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)


def get_transfer(reader: Reader) -> Transfer:
    """Read the body of a Transfer."""
    return Transfer(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )


def put_advance_funding(out: BytesWriter, message: AdvanceFunding) -> None:
    """Append a framed AdvanceFunding."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -333595329563262207)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_long(out, message.tick_id)
    put_long(out, message.previous_tick_id)
    put_text(out, message.source)
    put_long(out, message.source_epoch)
    put_long(out, message.observed_at_ms)
    if message.rates:
        put_long(out, len(message.rates))
        for market_rate in message.rates:
            put_market_rate(out, market_rate)
    out.append(0)


def get_advance_funding(reader: Reader) -> AdvanceFunding:
    """Read the body of an AdvanceFunding."""
    return AdvanceFunding(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        get_market_rate_items(reader),
    )


def put_apply_correction(out: BytesWriter, message: ApplyCorrection) -> None:
    """Append a framed ApplyCorrection."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 192127552402608333)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.incident_id)
    put_text(out, message.reason)
    put_text(out, message.plan_digest)
    put_text(out, message.report_digest)
    put_long(out, message.head_seq)
    if message.indices:
        put_long(out, len(message.indices))
        for index_restatement in message.indices:
            put_index_restatement(out, index_restatement)
    out.append(0)
    if message.funding:
        put_long(out, len(message.funding))
        for funding_correction in message.funding:
            put_funding_correction(out, funding_correction)
    out.append(0)
    if message.fills:
        put_long(out, len(message.fills))
        for fill_reversal in message.fills:
            put_fill_reversal(out, fill_reversal)
    out.append(0)
    if message.payments:
        put_long(out, len(message.payments))
        for correction_payment in message.payments:
            put_correction_payment(out, correction_payment)
    out.append(0)
    if message.shares:
        put_long(out, len(message.shares))
        for share_correction in message.shares:
            put_share_correction(out, share_correction)
    out.append(0)
    if message.orders:
        put_long(out, len(message.orders))
        for order_reinstatement in message.orders:
            put_order_reinstatement(out, order_reinstatement)
    out.append(0)
    if message.negatives:
        put_long(out, len(message.negatives))
        for negative_treatment in message.negatives:
            put_negative_treatment(out, negative_treatment)
    out.append(0)


def get_apply_correction(reader: Reader) -> ApplyCorrection:
    """Read the body of an ApplyCorrection."""
    return ApplyCorrection(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        get_index_restatement_items(reader),
        get_funding_correction_items(reader),
        get_fill_reversal_items(reader),
        get_correction_payment_items(reader),
        get_share_correction_items(reader),
        get_order_reinstatement_items(reader),
        get_negative_treatment_items(reader),
    )


def put_apply_rollback(out: BytesWriter, message: ApplyRollback) -> None:
    """Append a framed ApplyRollback."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 632134514242090332)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.plan_digest)
    put_text(out, message.report_digest)
    put_text(out, message.incident_id)
    put_text(out, message.reason)
    put_long(out, message.target_height)
    put_long(out, message.head_height)
    put_long(out, message.head_seq)
    if message.choices:
        put_long(out, len(message.choices))
        for rollback_choice in message.choices:
            put_rollback_choice(out, rollback_choice)
    out.append(0)


def get_apply_rollback(reader: Reader) -> ApplyRollback:
    """Read the body of an ApplyRollback."""
    return ApplyRollback(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        get_rollback_choice_items(reader),
    )


def put_approve_plan(out: BytesWriter, message: ApprovePlan) -> None:
    """Append a framed ApprovePlan."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -349640739290267146)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.plan_kind)
    put_text(out, message.plan_digest)
    put_text(out, message.incident_id)
    put_long(out, message.head_height)
    put_long(out, message.lines)
    put_long(out, message.total_e8)
    put_text(out, message.payer)
    put_long(out, message.cap_e8)
    put_long(out, message.expires_at_us)


def get_approve_plan(reader: Reader) -> ApprovePlan:
    """Read the body of an ApprovePlan."""
    return ApprovePlan(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
    )


def put_bust_trade(out: BytesWriter, message: BustTrade) -> None:
    """Append a framed BustTrade."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -8700666379964843771)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.trade_id)
    put_text(out, message.reason)


def get_bust_trade(reader: Reader) -> BustTrade:
    """Read the body of a BustTrade."""
    return BustTrade(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
    )


def put_cancel_all_orders(out: BytesWriter, message: CancelAllOrders) -> None:
    """Append a framed CancelAllOrders."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 8440549678276681124)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.market)
    put_text(out, message.reason)


def get_cancel_all_orders(reader: Reader) -> CancelAllOrders:
    """Read the body of a CancelAllOrders."""
    return CancelAllOrders(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_cancel_outside_band(out: BytesWriter, message: CancelOutsideBand) -> None:
    """Append a framed CancelOutsideBand."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -3521569296171445564)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.market)


def get_cancel_outside_band(reader: Reader) -> CancelOutsideBand:
    """Read the body of a CancelOutsideBand."""
    return CancelOutsideBand(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
    )


def put_change_account(out: BytesWriter, message: ChangeAccount) -> None:
    """Append a framed ChangeAccount."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -1369781345664508181)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.field)
    put_text(out, message.market)
    put_text(out, message.value)
    put_text(out, message.reason)


def get_change_account(reader: Reader) -> ChangeAccount:
    """Read the body of a ChangeAccount."""
    return ChangeAccount(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_change_rule(out: BytesWriter, message: ChangeRule) -> None:
    """Append a framed ChangeRule."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 1174612789232215384)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.rule)
    put_text(out, message.scope)
    put_text(out, message.value)


def get_change_rule(reader: Reader) -> ChangeRule:
    """Read the body of a ChangeRule."""
    return ChangeRule(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_change_status(out: BytesWriter, message: ChangeStatus) -> None:
    """Append a framed ChangeStatus."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 9050976205895190436)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.status)
    put_text(out, message.withdrawals)
    put_text(out, message.reason)


def get_change_status(reader: Reader) -> ChangeStatus:
    """Read the body of a ChangeStatus."""
    return ChangeStatus(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_complete_unwind(out: BytesWriter, message: CompleteUnwind) -> None:
    """Append a framed CompleteUnwind."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 314241575183176722)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.vault)
    put_text(out, message.unwind_id)


def get_complete_unwind(reader: Reader) -> CompleteUnwind:
    """Read the body of a CompleteUnwind."""
    return CompleteUnwind(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
    )


def put_confirm_book(out: BytesWriter, message: ConfirmBook) -> None:
    """Append a framed ConfirmBook."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -8444642843106822423)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.source)
    put_text(out, message.book_digest)
    put_long(out, message.orders)


def get_confirm_book(reader: Reader) -> ConfirmBook:
    """Read the body of a ConfirmBook."""
    return ConfirmBook(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
    )


def put_create_vault(out: BytesWriter, message: CreateVault) -> None:
    """Append a framed CreateVault."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 6101862623685025788)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.vault)
    put_text(out, message.account)
    put_text(out, message.name)
    put_text(out, message.vault_kind)
    put_text(out, message.owner_account)
    put_long(out, message.profit_share_ppm)
    put_long(out, message.profit_share_period_s)
    put_long(out, message.lockup_s)
    put_long(out, message.tvl_max_e8)
    put_long(out, message.owner_minimum_e8)


def get_create_vault(reader: Reader) -> CreateVault:
    """Read the body of a CreateVault."""
    return CreateVault(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )


def put_credit_deposit(out: BytesWriter, message: CreditDeposit) -> None:
    """Append a framed CreditDeposit."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 1323726476691889786)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_text(out, message.external_ref)
    put_text(out, message.bridge)
    put_text(out, message.external_chain)
    put_long(out, message.occurred_at_us)


def get_credit_deposit(reader: Reader) -> CreditDeposit:
    """Read the body of a CreditDeposit."""
    return CreditDeposit(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )


def put_deleverage_account(out: BytesWriter, message: DeleverageAccount) -> None:
    """Append a framed DeleverageAccount."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -1514346833838226345)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)


def get_deleverage_account(reader: Reader) -> DeleverageAccount:
    """Read the body of a DeleverageAccount."""
    return DeleverageAccount(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
    )


def put_deposit_to_vault(out: BytesWriter, message: DepositToVault) -> None:
    """Append a framed DepositToVault."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 2625353697194007339)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.vault)
    put_text(out, message.account)
    put_long(out, message.amount_e8)


def get_deposit_to_vault(reader: Reader) -> DepositToVault:
    """Read the body of a DepositToVault."""
    return DepositToVault(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
    )


def put_fail_withdrawal(out: BytesWriter, message: FailWithdrawal) -> None:
    """Append a framed FailWithdrawal."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -3656379274242111135)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.withdrawal_id)
    put_text(out, message.reason)


def get_fail_withdrawal(reader: Reader) -> FailWithdrawal:
    """Read the body of a FailWithdrawal."""
    return FailWithdrawal(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_liquidate_account(out: BytesWriter, message: LiquidateAccount) -> None:
    """Append a framed LiquidateAccount."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 8121890280989098495)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)


def get_liquidate_account(reader: Reader) -> LiquidateAccount:
    """Read the body of a LiquidateAccount."""
    return LiquidateAccount(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
    )


def put_list_asset(out: BytesWriter, message: ListAsset) -> None:
    """Append a framed ListAsset."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 8791096660936108549)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.asset)
    put_long(out, message.decimals)
    put_long(out, message.settlement)


def get_list_asset(reader: Reader) -> ListAsset:
    """Read the body of a ListAsset."""
    return ListAsset(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
    )


def put_list_market(out: BytesWriter, message: ListMarket) -> None:
    """Append a framed ListMarket."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 6859011822175432246)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.market)
    put_text(out, message.base)
    put_text(out, message.quote)
    put_text(out, message.settlement_asset)
    put_text(out, message.market_kind)
    put_text(out, message.status)
    put_long(out, message.price_tick_e8)
    put_long(out, message.size_step_e8)
    put_long(out, message.notional_min_e8)
    put_long(out, message.order_size_max_e8)
    put_long(out, message.position_limit_e8)
    put_long(out, message.open_orders_max)
    put_long(out, message.imf_base_ppm)
    put_long(out, message.mmf_factor_ppm)
    put_long(out, message.taker_fee_ppm)
    put_long(out, message.maker_fee_ppm)
    put_long(out, message.price_band_ppm)
    put_long(out, message.maintenance_band_ppm)
    put_long(out, message.spread_max_ppm)
    put_long(out, message.depth_min_e8)
    put_long(out, message.liquidation_fee_ppm)
    put_long(out, message.liquidation_step_ppm)
    put_long(out, message.liquidation_target_ppm)
    put_long(out, message.funding_period_s)
    put_long(out, message.funding_gap_max_ms)
    put_long(out, message.funding_rate_max_e12)
    put_long(out, message.funding_rate_change_max_e12)
    put_long(out, message.funding_rate_tolerance_e12)
    put_long(out, message.interest_rate_e12)
    put_long(out, message.clamp_rate_e12)
    put_long(out, message.price_move_max_ppm)
    put_long(out, message.price_window_ms)
    put_long(out, message.price_window_move_max_ppm)
    put_long(out, message.fair_divergence_max_ppm)
    put_long(out, message.price_age_max_ms)
    put_long(out, message.oracle_ewma_ppm)
    put_long(out, message.index_start_e8)


def get_list_market(reader: Reader) -> ListMarket:
    """Read the body of a ListMarket."""
    return ListMarket(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )


def put_mark_checkpoint(out: BytesWriter, message: MarkCheckpoint) -> None:
    """Append a framed MarkCheckpoint."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -1207580207021290468)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.reason)


def get_mark_checkpoint(reader: Reader) -> MarkCheckpoint:
    """Read the body of a MarkCheckpoint."""
    return MarkCheckpoint(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
    )


def put_open_account(out: BytesWriter, message: OpenAccount) -> None:
    """Append a framed OpenAccount."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 5279580607964301279)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.kind)
    put_text(out, message.parent)
    put_text(out, message.signer_key)
    put_long(out, message.margin_exempt)
    put_text(out, message.fee_tier)


def get_open_account(reader: Reader) -> OpenAccount:
    """Read the body of an OpenAccount."""
    return OpenAccount(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
    )


def put_pay_refund(out: BytesWriter, message: PayRefund) -> None:
    """Append a framed PayRefund."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 932683098327075244)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.refund_id)
    put_text(out, message.incident_id)
    put_text(out, message.plan_digest)
    put_text(out, message.report_digest)
    put_long(out, message.head_seq)
    put_text(out, message.proof)
    put_long(out, message.line)
    put_text(out, message.reason)
    put_text(out, message.method)
    put_text(out, message.payer)
    put_long(out, message.owed_e8)


def get_pay_refund(reader: Reader) -> PayRefund:
    """Read the body of a PayRefund."""
    return PayRefund(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )


def put_post_adjustment(out: BytesWriter, message: PostAdjustment) -> None:
    """Append a framed PostAdjustment."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 3487639749166732304)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_text(out, message.reason_code)
    put_text(out, message.incident_id)
    put_long(out, message.corrects_seq)
    put_text(out, message.note)


def get_post_adjustment(reader: Reader) -> PostAdjustment:
    """Read the body of a PostAdjustment."""
    return PostAdjustment(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
    )


def put_redeem_shares(out: BytesWriter, message: RedeemShares) -> None:
    """Append a framed RedeemShares."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 3311225379708074549)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.vault)
    put_text(out, message.account)
    put_long(out, message.shares_e8)
    put_text(out, message.aux_account)


def get_redeem_shares(reader: Reader) -> RedeemShares:
    """Read the body of a RedeemShares."""
    return RedeemShares(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
    )


def put_register_key(out: BytesWriter, message: RegisterKey) -> None:
    """Append a framed RegisterKey."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -9168795794183274430)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.key_id)
    put_text(out, message.public_key)
    put_text(out, message.role)
    put_text(out, message.operator)


def get_register_key(reader: Reader) -> RegisterKey:
    """Read the body of a RegisterKey."""
    return RegisterKey(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_reinstate_withdrawal(out: BytesWriter, message: ReinstateWithdrawal) -> None:
    """Append a framed ReinstateWithdrawal."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -311760072072402703)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.withdrawal_id)
    put_text(out, message.asset)
    put_long(out, message.paid_e8)
    put_text(out, message.destination)
    put_text(out, message.external_ref)
    put_long(out, message.void_seq)
    put_text(out, message.incident_id)
    put_long(out, message.occurred_at_us)


def get_reinstate_withdrawal(reader: Reader) -> ReinstateWithdrawal:
    """Read the body of a ReinstateWithdrawal."""
    return ReinstateWithdrawal(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.long(),
    )


def put_release_withdrawal(out: BytesWriter, message: ReleaseWithdrawal) -> None:
    """Append a framed ReleaseWithdrawal."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 4267353273119813613)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.withdrawal_id)
    put_text(out, message.external_ref)
    put_long(out, message.occurred_at_us)


def get_release_withdrawal(reader: Reader) -> ReleaseWithdrawal:
    """Read the body of a ReleaseWithdrawal."""
    return ReleaseWithdrawal(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )


def put_request_withdrawal(out: BytesWriter, message: RequestWithdrawal) -> None:
    """Append a framed RequestWithdrawal."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 1421864836706353048)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.asset)
    put_long(out, message.amount_e8)
    put_text(out, message.destination)


def get_request_withdrawal(reader: Reader) -> RequestWithdrawal:
    """Read the body of a RequestWithdrawal."""
    return RequestWithdrawal(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.text(),
    )


def put_revoke_key(out: BytesWriter, message: RevokeKey) -> None:
    """Append a framed RevokeKey."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 7926664156638649684)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.key_id)


def get_revoke_key(reader: Reader) -> RevokeKey:
    """Read the body of a RevokeKey."""
    return RevokeKey(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
    )


def put_settle_funding(out: BytesWriter, message: SettleFunding) -> None:
    """Append a framed SettleFunding."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -2098218144726639963)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.market)


def get_settle_funding(reader: Reader) -> SettleFunding:
    """Read the body of a SettleFunding."""
    return SettleFunding(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
    )


def put_settle_off_book_trade(out: BytesWriter, message: SettleOffBookTrade) -> None:
    """Append a framed SettleOffBookTrade."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 3058930307797439008)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.market)
    put_long(out, message.price_e8)
    put_long(out, message.size_e8)
    put_text(out, message.buyer)
    put_text(out, message.seller)
    put_text(out, message.taker)
    put_long(out, message.matched_at_us)


def get_settle_off_book_trade(reader: Reader) -> SettleOffBookTrade:
    """Read the body of a SettleOffBookTrade."""
    return SettleOffBookTrade(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
    )


def put_settle_vault_fees(out: BytesWriter, message: SettleVaultFees) -> None:
    """Append a framed SettleVaultFees."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -3399608681381205114)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.vault)


def get_settle_vault_fees(reader: Reader) -> SettleVaultFees:
    """Read the body of a SettleVaultFees."""
    return SettleVaultFees(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
    )


def put_sweep_rounding(out: BytesWriter, message: SweepRounding) -> None:
    """Append a framed SweepRounding."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -6873900342874382815)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.market)


def get_sweep_rounding(reader: Reader) -> SweepRounding:
    """Read the body of a SweepRounding."""
    return SweepRounding(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
    )


def put_trigger_order(out: BytesWriter, message: TriggerOrder) -> None:
    """Append a framed TriggerOrder."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 7603345006790374392)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.account)
    put_text(out, message.order_id)


def get_trigger_order(reader: Reader) -> TriggerOrder:
    """Read the body of a TriggerOrder."""
    return TriggerOrder(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
    )


def put_update_asset(out: BytesWriter, message: UpdateAsset) -> None:
    """Append a framed UpdateAsset."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -7152294129184217622)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.asset)
    put_text(out, message.status)


def get_update_asset(reader: Reader) -> UpdateAsset:
    """Read the body of an UpdateAsset."""
    return UpdateAsset(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
    )


def put_update_market(out: BytesWriter, message: UpdateMarket) -> None:
    """Append a framed UpdateMarket."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -4921305914313648378)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.market)
    put_text(out, message.base)
    put_text(out, message.quote)
    put_text(out, message.settlement_asset)
    put_text(out, message.market_kind)
    put_text(out, message.status)
    put_long(out, message.price_tick_e8)
    put_long(out, message.size_step_e8)
    put_long(out, message.notional_min_e8)
    put_long(out, message.order_size_max_e8)
    put_long(out, message.position_limit_e8)
    put_long(out, message.open_orders_max)
    put_long(out, message.imf_base_ppm)
    put_long(out, message.mmf_factor_ppm)
    put_long(out, message.taker_fee_ppm)
    put_long(out, message.maker_fee_ppm)
    put_long(out, message.price_band_ppm)
    put_long(out, message.maintenance_band_ppm)
    put_long(out, message.spread_max_ppm)
    put_long(out, message.depth_min_e8)
    put_long(out, message.liquidation_fee_ppm)
    put_long(out, message.liquidation_step_ppm)
    put_long(out, message.liquidation_target_ppm)
    put_long(out, message.funding_period_s)
    put_long(out, message.funding_gap_max_ms)
    put_long(out, message.funding_rate_max_e12)
    put_long(out, message.funding_rate_change_max_e12)
    put_long(out, message.funding_rate_tolerance_e12)
    put_long(out, message.interest_rate_e12)
    put_long(out, message.clamp_rate_e12)
    put_long(out, message.price_move_max_ppm)
    put_long(out, message.price_window_ms)
    put_long(out, message.price_window_move_max_ppm)
    put_long(out, message.fair_divergence_max_ppm)
    put_long(out, message.price_age_max_ms)
    put_long(out, message.oracle_ewma_ppm)
    put_long(out, message.index_start_e8)
    put_long(out, message.revision_before)


def get_update_market(reader: Reader) -> UpdateMarket:
    """Read the body of an UpdateMarket."""
    return UpdateMarket(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
    )


def put_update_prices(out: BytesWriter, message: UpdatePrices) -> None:
    """Append a framed UpdatePrices."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, 2527930118271208323)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_long(out, message.tick_id)
    put_long(out, message.previous_tick_id)
    put_text(out, message.source)
    put_long(out, message.source_epoch)
    put_long(out, message.observed_at_ms)
    if message.prices:
        put_long(out, len(message.prices))
        for market_price in message.prices:
            put_market_price(out, market_price)
    out.append(0)


def get_update_prices(reader: Reader) -> UpdatePrices:
    """Read the body of an UpdatePrices."""
    return UpdatePrices(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        get_market_price_items(reader),
    )


def put_update_vault(out: BytesWriter, message: UpdateVault) -> None:
    """Append a framed UpdateVault."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -3575565636438874432)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.issued_at_us)
    put_text(out, message.vault)
    put_text(out, message.field)
    put_text(out, message.value)


def get_update_vault(reader: Reader) -> UpdateVault:
    """Read the body of an UpdateVault."""
    return UpdateVault(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_block_sealed(out: BytesWriter, message: BlockSealed) -> None:
    """Append a framed BlockSealed."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -2032959133085836909)
    put_long(out, message.height)
    put_long(out, message.parent_height)
    put_long(out, message.first_seq)
    put_long(out, message.last_seq)
    put_long(out, message.recorded_at_us)
    put_text(out, message.previous_digest)
    put_text(out, message.partition_counts)
    put_text(out, message.partition_digests)
    put_text(out, message.outcomes_digest)
    put_text(out, message.control_digest)
    put_long(out, message.command_cursor)
    put_long(out, message.command_count)
    put_text(out, message.digest)


def get_block_sealed(reader: Reader) -> BlockSealed:
    """Read the body of a BlockSealed."""
    return BlockSealed(
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.text(),
    )


def put_outcome(out: BytesWriter, message: Outcome) -> None:
    """Append a framed Outcome."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -8954944673429150176)
    put_text(out, message.producer)
    put_long(out, message.number)
    put_long(out, message.position)
    put_long(out, message.recorded_at_us)
    put_text(out, message.status)
    put_long(out, message.code)
    put_text(out, message.detail)
    put_long(out, message.first_seq)
    put_long(out, message.last_seq)
    put_long(out, message.voided_by)


def get_outcome(reader: Reader) -> Outcome:
    """Read the body of an Outcome."""
    return Outcome(
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.text(),
        reader.long(),
        reader.long(),
        reader.long(),
    )


def put_signed_command(out: BytesWriter, message: SignedCommand) -> None:
    """Append a framed SignedCommand."""
    write_i16_le(out, MAGIC)
    write_i64_le(out, -4388603967042646239)
    put_text(out, message.content)
    put_text(out, message.key_1)
    put_text(out, message.signature_1)
    put_text(out, message.key_2)
    put_text(out, message.signature_2)


def get_signed_command(reader: Reader) -> SignedCommand:
    """Read the body of a SignedCommand."""
    return SignedCommand(
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
        reader.text(),
    )


def put_event(out: BytesWriter, message: Event) -> None:
    """Append an event, framed; ``CodecFault`` names a field that does not fit."""
    if not COMPILED:
        check_fields(message)
    try:
        if isinstance(message, FillSettled):
            put_fill_settled(out, message)
        elif isinstance(message, OrderPlaced):
            put_order_placed(out, message)
        elif isinstance(message, OrderCancelled):
            put_order_cancelled(out, message)
        elif isinstance(message, TransferSent):
            put_transfer_sent(out, message)
        elif isinstance(message, TransferReceived):
            put_transfer_received(out, message)
        elif isinstance(message, AccountChanged):
            put_account_changed(out, message)
        elif isinstance(message, AccountOpened):
            put_account_opened(out, message)
        elif isinstance(message, AdjustmentPosted):
            put_adjustment_posted(out, message)
        elif isinstance(message, AssetListed):
            put_asset_listed(out, message)
        elif isinstance(message, AssetUpdated):
            put_asset_updated(out, message)
        elif isinstance(message, BookConfirmed):
            put_book_confirmed(out, message)
        elif isinstance(message, CheckpointMarked):
            put_checkpoint_marked(out, message)
        elif isinstance(message, DepositCredited):
            put_deposit_credited(out, message)
        elif isinstance(message, FundingIndexAdvanced):
            put_funding_index_advanced(out, message)
        elif isinstance(message, FundingIndexRestated):
            put_funding_index_restated(out, message)
        elif isinstance(message, FundingSettled):
            put_funding_settled(out, message)
        elif isinstance(message, GuardTripped):
            put_guard_tripped(out, message)
        elif isinstance(message, KeyRegistered):
            put_key_registered(out, message)
        elif isinstance(message, KeyRevoked):
            put_key_revoked(out, message)
        elif isinstance(message, LedgerOpened):
            put_ledger_opened(out, message)
        elif isinstance(message, LiquidationStarted):
            put_liquidation_started(out, message)
        elif isinstance(message, LossSocialized):
            put_loss_socialized(out, message)
        elif isinstance(message, MarketListed):
            put_market_listed(out, message)
        elif isinstance(message, MarketUpdated):
            put_market_updated(out, message)
        elif isinstance(message, OrderTriggered):
            put_order_triggered(out, message)
        elif isinstance(message, PenaltyCharged):
            put_penalty_charged(out, message)
        elif isinstance(message, PlanApproved):
            put_plan_approved(out, message)
        elif isinstance(message, PricesUpdated):
            put_prices_updated(out, message)
        elif isinstance(message, RefundPaid):
            put_refund_paid(out, message)
        elif isinstance(message, RollbackCompleted):
            put_rollback_completed(out, message)
        elif isinstance(message, RollbackDeclared):
            put_rollback_declared(out, message)
        elif isinstance(message, RoundingSwept):
            put_rounding_swept(out, message)
        elif isinstance(message, RuleChanged):
            put_rule_changed(out, message)
        elif isinstance(message, SystemStatusChanged):
            put_system_status_changed(out, message)
        elif isinstance(message, TradeBusted):
            put_trade_busted(out, message)
        elif isinstance(message, VaultCreated):
            put_vault_created(out, message)
        elif isinstance(message, VaultFeeSettled):
            put_vault_fee_settled(out, message)
        elif isinstance(message, VaultSharesBurned):
            put_vault_shares_burned(out, message)
        elif isinstance(message, VaultSharesMinted):
            put_vault_shares_minted(out, message)
        elif isinstance(message, VaultUnwindCompleted):
            put_vault_unwind_completed(out, message)
        elif isinstance(message, VaultUnwindStarted):
            put_vault_unwind_started(out, message)
        elif isinstance(message, VaultUpdated):
            put_vault_updated(out, message)
        elif isinstance(message, WithdrawalFailed):
            put_withdrawal_failed(out, message)
        elif isinstance(message, WithdrawalReleased):
            put_withdrawal_released(out, message)
        elif isinstance(message, WithdrawalRequested):
            put_withdrawal_requested(out, message)
        else:
            raise misfit(message)
    except (OverflowError, ValueError):
        raise misfit(message) from None


def encode_event(message: Event) -> bytes:
    """The framed bytes of any event; ``CodecFault`` names a field that does not fit."""
    out = BytesWriter()
    put_event(out, message)
    return out.getvalue()


def decode_event(data: bytes) -> Event:
    """The event in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    fingerprint = fingerprint_at(data)
    reader = Reader(data, "")
    message: Event
    try:
        if fingerprint == -4318665824593251684:
            reader.name = "FillSettled"
            message = get_fill_settled(reader)
        elif fingerprint == -1242428167970922207:
            reader.name = "OrderPlaced"
            message = get_order_placed(reader)
        elif fingerprint == 537652053060169231:
            reader.name = "OrderCancelled"
            message = get_order_cancelled(reader)
        elif fingerprint == -4133327189516673606:
            reader.name = "TransferSent"
            message = get_transfer_sent(reader)
        elif fingerprint == -3603056734149803450:
            reader.name = "TransferReceived"
            message = get_transfer_received(reader)
        elif fingerprint == 4725799054635576458:
            reader.name = "AccountChanged"
            message = get_account_changed(reader)
        elif fingerprint == -8304160485208859033:
            reader.name = "AccountOpened"
            message = get_account_opened(reader)
        elif fingerprint == 9070677615776703831:
            reader.name = "AdjustmentPosted"
            message = get_adjustment_posted(reader)
        elif fingerprint == -2579118868570309495:
            reader.name = "AssetListed"
            message = get_asset_listed(reader)
        elif fingerprint == -3791498418221571420:
            reader.name = "AssetUpdated"
            message = get_asset_updated(reader)
        elif fingerprint == 8528283921986329270:
            reader.name = "BookConfirmed"
            message = get_book_confirmed(reader)
        elif fingerprint == -692232175818486152:
            reader.name = "CheckpointMarked"
            message = get_checkpoint_marked(reader)
        elif fingerprint == -846935595203301246:
            reader.name = "DepositCredited"
            message = get_deposit_credited(reader)
        elif fingerprint == -4497931945895749530:
            reader.name = "FundingIndexAdvanced"
            message = get_funding_index_advanced(reader)
        elif fingerprint == 558827391560648926:
            reader.name = "FundingIndexRestated"
            message = get_funding_index_restated(reader)
        elif fingerprint == -5607447638218257329:
            reader.name = "FundingSettled"
            message = get_funding_settled(reader)
        elif fingerprint == -5120531429566215486:
            reader.name = "GuardTripped"
            message = get_guard_tripped(reader)
        elif fingerprint == -7115706428625358468:
            reader.name = "KeyRegistered"
            message = get_key_registered(reader)
        elif fingerprint == -1370158134635940193:
            reader.name = "KeyRevoked"
            message = get_key_revoked(reader)
        elif fingerprint == -3185099234339985791:
            reader.name = "LedgerOpened"
            message = get_ledger_opened(reader)
        elif fingerprint == -7299704415692615748:
            reader.name = "LiquidationStarted"
            message = get_liquidation_started(reader)
        elif fingerprint == 4258144346524160022:
            reader.name = "LossSocialized"
            message = get_loss_socialized(reader)
        elif fingerprint == 5297056788440637094:
            reader.name = "MarketListed"
            message = get_market_listed(reader)
        elif fingerprint == -4055873087924066576:
            reader.name = "MarketUpdated"
            message = get_market_updated(reader)
        elif fingerprint == -8278920600950232119:
            reader.name = "OrderTriggered"
            message = get_order_triggered(reader)
        elif fingerprint == -7857201173036860602:
            reader.name = "PenaltyCharged"
            message = get_penalty_charged(reader)
        elif fingerprint == 7044603207966598624:
            reader.name = "PlanApproved"
            message = get_plan_approved(reader)
        elif fingerprint == -5033838702327840460:
            reader.name = "PricesUpdated"
            message = get_prices_updated(reader)
        elif fingerprint == 7693324690585999671:
            reader.name = "RefundPaid"
            message = get_refund_paid(reader)
        elif fingerprint == 2870907455690299990:
            reader.name = "RollbackCompleted"
            message = get_rollback_completed(reader)
        elif fingerprint == 218065264987442171:
            reader.name = "RollbackDeclared"
            message = get_rollback_declared(reader)
        elif fingerprint == 3296667707290366623:
            reader.name = "RoundingSwept"
            message = get_rounding_swept(reader)
        elif fingerprint == 4873442960380488172:
            reader.name = "RuleChanged"
            message = get_rule_changed(reader)
        elif fingerprint == -6730372842427788452:
            reader.name = "SystemStatusChanged"
            message = get_system_status_changed(reader)
        elif fingerprint == -4457227690365180252:
            reader.name = "TradeBusted"
            message = get_trade_busted(reader)
        elif fingerprint == -5520733123932826525:
            reader.name = "VaultCreated"
            message = get_vault_created(reader)
        elif fingerprint == 510845828200971930:
            reader.name = "VaultFeeSettled"
            message = get_vault_fee_settled(reader)
        elif fingerprint == -6856758207000655555:
            reader.name = "VaultSharesBurned"
            message = get_vault_shares_burned(reader)
        elif fingerprint == 6458144020752209088:
            reader.name = "VaultSharesMinted"
            message = get_vault_shares_minted(reader)
        elif fingerprint == 6686578650587344392:
            reader.name = "VaultUnwindCompleted"
            message = get_vault_unwind_completed(reader)
        elif fingerprint == 8563453228658736098:
            reader.name = "VaultUnwindStarted"
            message = get_vault_unwind_started(reader)
        elif fingerprint == 5539970492358970680:
            reader.name = "VaultUpdated"
            message = get_vault_updated(reader)
        elif fingerprint == -6840815939540693165:
            reader.name = "WithdrawalFailed"
            message = get_withdrawal_failed(reader)
        elif fingerprint == -3497164843666547656:
            reader.name = "WithdrawalReleased"
            message = get_withdrawal_released(reader)
        elif fingerprint == -332504977929271109:
            reader.name = "WithdrawalRequested"
            message = get_withdrawal_requested(reader)
        else:
            raise unknown(data, "event")
    except UnicodeDecodeError:
        raise reader.fault(TEXT_NOT_UTF8) from None
    reader.finish()
    return message


def put_command(out: BytesWriter, message: Command) -> None:
    """Append a command, framed; ``CodecFault`` names a field that does not fit."""
    if not COMPILED:
        check_fields(message)
    try:
        if isinstance(message, PlaceOrder):
            put_place_order(out, message)
        elif isinstance(message, SettleTrade):
            put_settle_trade(out, message)
        elif isinstance(message, CancelOrder):
            put_cancel_order(out, message)
        elif isinstance(message, Transfer):
            put_transfer(out, message)
        elif isinstance(message, AdvanceFunding):
            put_advance_funding(out, message)
        elif isinstance(message, ApplyCorrection):
            put_apply_correction(out, message)
        elif isinstance(message, ApplyRollback):
            put_apply_rollback(out, message)
        elif isinstance(message, ApprovePlan):
            put_approve_plan(out, message)
        elif isinstance(message, BustTrade):
            put_bust_trade(out, message)
        elif isinstance(message, CancelAllOrders):
            put_cancel_all_orders(out, message)
        elif isinstance(message, CancelOutsideBand):
            put_cancel_outside_band(out, message)
        elif isinstance(message, ChangeAccount):
            put_change_account(out, message)
        elif isinstance(message, ChangeRule):
            put_change_rule(out, message)
        elif isinstance(message, ChangeStatus):
            put_change_status(out, message)
        elif isinstance(message, CompleteUnwind):
            put_complete_unwind(out, message)
        elif isinstance(message, ConfirmBook):
            put_confirm_book(out, message)
        elif isinstance(message, CreateVault):
            put_create_vault(out, message)
        elif isinstance(message, CreditDeposit):
            put_credit_deposit(out, message)
        elif isinstance(message, DeleverageAccount):
            put_deleverage_account(out, message)
        elif isinstance(message, DepositToVault):
            put_deposit_to_vault(out, message)
        elif isinstance(message, FailWithdrawal):
            put_fail_withdrawal(out, message)
        elif isinstance(message, LiquidateAccount):
            put_liquidate_account(out, message)
        elif isinstance(message, ListAsset):
            put_list_asset(out, message)
        elif isinstance(message, ListMarket):
            put_list_market(out, message)
        elif isinstance(message, MarkCheckpoint):
            put_mark_checkpoint(out, message)
        elif isinstance(message, OpenAccount):
            put_open_account(out, message)
        elif isinstance(message, PayRefund):
            put_pay_refund(out, message)
        elif isinstance(message, PostAdjustment):
            put_post_adjustment(out, message)
        elif isinstance(message, RedeemShares):
            put_redeem_shares(out, message)
        elif isinstance(message, RegisterKey):
            put_register_key(out, message)
        elif isinstance(message, ReinstateWithdrawal):
            put_reinstate_withdrawal(out, message)
        elif isinstance(message, ReleaseWithdrawal):
            put_release_withdrawal(out, message)
        elif isinstance(message, RequestWithdrawal):
            put_request_withdrawal(out, message)
        elif isinstance(message, RevokeKey):
            put_revoke_key(out, message)
        elif isinstance(message, SettleFunding):
            put_settle_funding(out, message)
        elif isinstance(message, SettleOffBookTrade):
            put_settle_off_book_trade(out, message)
        elif isinstance(message, SettleVaultFees):
            put_settle_vault_fees(out, message)
        elif isinstance(message, SweepRounding):
            put_sweep_rounding(out, message)
        elif isinstance(message, TriggerOrder):
            put_trigger_order(out, message)
        elif isinstance(message, UpdateAsset):
            put_update_asset(out, message)
        elif isinstance(message, UpdateMarket):
            put_update_market(out, message)
        elif isinstance(message, UpdatePrices):
            put_update_prices(out, message)
        elif isinstance(message, UpdateVault):
            put_update_vault(out, message)
        else:
            raise misfit(message)
    except (OverflowError, ValueError):
        raise misfit(message) from None


def encode_command(message: Command) -> bytes:
    """The framed bytes of any command; ``CodecFault`` names a field that does not fit."""
    out = BytesWriter()
    put_command(out, message)
    return out.getvalue()


def decode_command(data: bytes) -> Command:
    """The command in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    fingerprint = fingerprint_at(data)
    reader = Reader(data, "")
    message: Command
    try:
        if fingerprint == -5790698680037890701:
            reader.name = "PlaceOrder"
            message = get_place_order(reader)
        elif fingerprint == 2019603108858039302:
            reader.name = "SettleTrade"
            message = get_settle_trade(reader)
        elif fingerprint == -2460482925538925931:
            reader.name = "CancelOrder"
            message = get_cancel_order(reader)
        elif fingerprint == 2870746136377318616:
            reader.name = "Transfer"
            message = get_transfer(reader)
        elif fingerprint == -333595329563262207:
            reader.name = "AdvanceFunding"
            message = get_advance_funding(reader)
        elif fingerprint == 192127552402608333:
            reader.name = "ApplyCorrection"
            message = get_apply_correction(reader)
        elif fingerprint == 632134514242090332:
            reader.name = "ApplyRollback"
            message = get_apply_rollback(reader)
        elif fingerprint == -349640739290267146:
            reader.name = "ApprovePlan"
            message = get_approve_plan(reader)
        elif fingerprint == -8700666379964843771:
            reader.name = "BustTrade"
            message = get_bust_trade(reader)
        elif fingerprint == 8440549678276681124:
            reader.name = "CancelAllOrders"
            message = get_cancel_all_orders(reader)
        elif fingerprint == -3521569296171445564:
            reader.name = "CancelOutsideBand"
            message = get_cancel_outside_band(reader)
        elif fingerprint == -1369781345664508181:
            reader.name = "ChangeAccount"
            message = get_change_account(reader)
        elif fingerprint == 1174612789232215384:
            reader.name = "ChangeRule"
            message = get_change_rule(reader)
        elif fingerprint == 9050976205895190436:
            reader.name = "ChangeStatus"
            message = get_change_status(reader)
        elif fingerprint == 314241575183176722:
            reader.name = "CompleteUnwind"
            message = get_complete_unwind(reader)
        elif fingerprint == -8444642843106822423:
            reader.name = "ConfirmBook"
            message = get_confirm_book(reader)
        elif fingerprint == 6101862623685025788:
            reader.name = "CreateVault"
            message = get_create_vault(reader)
        elif fingerprint == 1323726476691889786:
            reader.name = "CreditDeposit"
            message = get_credit_deposit(reader)
        elif fingerprint == -1514346833838226345:
            reader.name = "DeleverageAccount"
            message = get_deleverage_account(reader)
        elif fingerprint == 2625353697194007339:
            reader.name = "DepositToVault"
            message = get_deposit_to_vault(reader)
        elif fingerprint == -3656379274242111135:
            reader.name = "FailWithdrawal"
            message = get_fail_withdrawal(reader)
        elif fingerprint == 8121890280989098495:
            reader.name = "LiquidateAccount"
            message = get_liquidate_account(reader)
        elif fingerprint == 8791096660936108549:
            reader.name = "ListAsset"
            message = get_list_asset(reader)
        elif fingerprint == 6859011822175432246:
            reader.name = "ListMarket"
            message = get_list_market(reader)
        elif fingerprint == -1207580207021290468:
            reader.name = "MarkCheckpoint"
            message = get_mark_checkpoint(reader)
        elif fingerprint == 5279580607964301279:
            reader.name = "OpenAccount"
            message = get_open_account(reader)
        elif fingerprint == 932683098327075244:
            reader.name = "PayRefund"
            message = get_pay_refund(reader)
        elif fingerprint == 3487639749166732304:
            reader.name = "PostAdjustment"
            message = get_post_adjustment(reader)
        elif fingerprint == 3311225379708074549:
            reader.name = "RedeemShares"
            message = get_redeem_shares(reader)
        elif fingerprint == -9168795794183274430:
            reader.name = "RegisterKey"
            message = get_register_key(reader)
        elif fingerprint == -311760072072402703:
            reader.name = "ReinstateWithdrawal"
            message = get_reinstate_withdrawal(reader)
        elif fingerprint == 4267353273119813613:
            reader.name = "ReleaseWithdrawal"
            message = get_release_withdrawal(reader)
        elif fingerprint == 1421864836706353048:
            reader.name = "RequestWithdrawal"
            message = get_request_withdrawal(reader)
        elif fingerprint == 7926664156638649684:
            reader.name = "RevokeKey"
            message = get_revoke_key(reader)
        elif fingerprint == -2098218144726639963:
            reader.name = "SettleFunding"
            message = get_settle_funding(reader)
        elif fingerprint == 3058930307797439008:
            reader.name = "SettleOffBookTrade"
            message = get_settle_off_book_trade(reader)
        elif fingerprint == -3399608681381205114:
            reader.name = "SettleVaultFees"
            message = get_settle_vault_fees(reader)
        elif fingerprint == -6873900342874382815:
            reader.name = "SweepRounding"
            message = get_sweep_rounding(reader)
        elif fingerprint == 7603345006790374392:
            reader.name = "TriggerOrder"
            message = get_trigger_order(reader)
        elif fingerprint == -7152294129184217622:
            reader.name = "UpdateAsset"
            message = get_update_asset(reader)
        elif fingerprint == -4921305914313648378:
            reader.name = "UpdateMarket"
            message = get_update_market(reader)
        elif fingerprint == 2527930118271208323:
            reader.name = "UpdatePrices"
            message = get_update_prices(reader)
        elif fingerprint == -3575565636438874432:
            reader.name = "UpdateVault"
            message = get_update_vault(reader)
        else:
            raise unknown(data, "command")
    except UnicodeDecodeError:
        raise reader.fault(TEXT_NOT_UTF8) from None
    reader.finish()
    return message


def encode_block_sealed(message: BlockSealed) -> bytes:
    """The framed bytes of a BlockSealed; ``CodecFault`` names a field that does not fit."""
    if not COMPILED:
        check_fields(message)
    out = BytesWriter()
    try:
        put_block_sealed(out, message)
    except (OverflowError, ValueError):
        raise misfit(message) from None
    return out.getvalue()


def decode_block_sealed(data: bytes) -> BlockSealed:
    """The BlockSealed in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    if fingerprint_at(data) != -2032959133085836909:
        raise unknown(data, "BlockSealed")
    reader = Reader(data, "BlockSealed")
    try:
        message = get_block_sealed(reader)
    except UnicodeDecodeError:
        raise reader.fault(TEXT_NOT_UTF8) from None
    reader.finish()
    return message


def encode_outcome(message: Outcome) -> bytes:
    """The framed bytes of an Outcome; ``CodecFault`` names a field that does not fit."""
    if not COMPILED:
        check_fields(message)
    out = BytesWriter()
    try:
        put_outcome(out, message)
    except (OverflowError, ValueError):
        raise misfit(message) from None
    return out.getvalue()


def decode_outcome(data: bytes) -> Outcome:
    """The Outcome in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    if fingerprint_at(data) != -8954944673429150176:
        raise unknown(data, "Outcome")
    reader = Reader(data, "Outcome")
    try:
        message = get_outcome(reader)
    except UnicodeDecodeError:
        raise reader.fault(TEXT_NOT_UTF8) from None
    reader.finish()
    return message


def encode_signed_command(message: SignedCommand) -> bytes:
    """The framed bytes of a SignedCommand; ``CodecFault`` names a field that does not fit."""
    if not COMPILED:
        check_fields(message)
    out = BytesWriter()
    try:
        put_signed_command(out, message)
    except (OverflowError, ValueError):
        raise misfit(message) from None
    return out.getvalue()


def decode_signed_command(data: bytes) -> SignedCommand:
    """The SignedCommand in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    if fingerprint_at(data) != -4388603967042646239:
        raise unknown(data, "SignedCommand")
    reader = Reader(data, "SignedCommand")
    try:
        message = get_signed_command(reader)
    except UnicodeDecodeError:
        raise reader.fault(TEXT_NOT_UTF8) from None
    reader.finish()
    return message
