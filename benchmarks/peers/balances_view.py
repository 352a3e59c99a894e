"""The same fold as ``quixstreams_balances``, as a view of one's own."""

from projectors.define.view import Rows, Table, View, last, settlement_asset

_BALANCE = {"balance_e8": last("balance_after_e8", before="balance_before_e8")}

VIEW = View(
    "peer_balances",
    1,
    (
        Table(
            "held",
            ("account", "asset"),
            (
                Rows(
                    ("FillSettled", "TradeBusted", "FundingSettled"),
                    _BALANCE,
                    key={"asset": settlement_asset},
                ),
                Rows(
                    (
                        "DepositCredited",
                        "WithdrawalRequested",
                        "WithdrawalFailed",
                        "TransferSent",
                        "TransferReceived",
                        "AdjustmentPosted",
                    ),
                    _BALANCE,
                ),
            ),
        ),
    ),
)
