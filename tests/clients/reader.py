"""Reads an account through ccxt and paradex-py: ADDRESS TOKEN MARKET, what they found as JSON.

Runs with the interpreter of build/clients. What paradex-py signs with cannot be installed without a compiler
for Rust, and a client that has a token signs nothing: empty modules stand in for it.
"""

import json
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

SIGNING = frozenset(
    {"eth_account", "eth_keys", "ledgereth", "poseidon_py", "starknet_crypto_py", "starknet_py"}
)


class Nothing(ModuleType):
    """A module that has every name; each is a class whose objects are 0."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> type[int]:
        if name.startswith("__"):
            raise AttributeError(name)
        members = {"__new__": lambda cls, *_, **__: int.__new__(cls), "__init__": lambda *_, **__: None}
        return type(name, (int,), members)


class StandIns(MetaPathFinder, Loader):
    """Finds an empty module for everything that signs."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """See ``MetaPathFinder``."""
        del path, target
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] in SIGNING else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """See ``Loader``."""
        return Nothing(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """See ``Loader``."""


sys.meta_path.insert(0, StandIns())

import ccxt  # noqa: E402
from paradex_py.api.api_client import ParadexApiClient  # noqa: E402
from paradex_py.api.generated import responses  # noqa: E402

FAR_MS = 2**52


def with_ccxt(address: str, token: str, market_id: str) -> dict[str, Any]:
    """What ccxt makes of an account, in its own words."""
    exchange = ccxt.paradex({"options": {"authToken": token, "expires": FAR_MS}, "enableRateLimit": False})
    exchange.urls["api"] = {"v1": f"{address}/v1", "v2": f"{address}/v2"}
    markets = exchange.load_markets()
    symbol = next(name for name, market in markets.items() if market["id"] == market_id)
    return {
        "time": exchange.fetch_time(),
        "status": exchange.fetch_status()["status"],
        "markets": sorted(market["id"] for market in markets.values()),
        "ticker": exchange.fetch_ticker(symbol),
        "open_interest": exchange.fetch_open_interest(symbol)["openInterestAmount"],
        "balance": exchange.fetch_balance()["total"],
        "positions": exchange.fetch_positions(),
        "fills": exchange.fetch_my_trades(),
        "paged_fills": exchange.fetch_my_trades(params={"paginate": True, "paginationCalls": 50}),
        "orders": exchange.fetch_orders(),
        "open_orders": exchange.fetch_open_orders(),
        "funding": exchange.fetch_funding_history(symbol),
        "funding_rates": exchange.fetch_funding_rate_history(symbol),
        "deposits": exchange.fetch_deposits(),
    }


def with_paradex(address: str, token: str, market_id: str) -> dict[str, Any]:
    """What paradex-py makes of an account, every result put through the client's own models."""
    client = ParadexApiClient(env="testnet", api_base_url=f"{address}/v1", auto_auth=False)
    client.set_token(token)

    def checked(answer: dict[str, Any], model: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        for one in answer["results"]:
            model.model_validate(one)
        return list(answer["results"])

    summary = client.fetch_account_summary()
    return {
        "decimals": client.fetch_system_config().paraclear_decimals,
        "status": client.fetch_system_state()["status"],
        "time": client.fetch_system_time()["server_time"],
        "account": summary.account,
        "account_value": summary.account_value,
        "markets": [one["symbol"] for one in checked(client.fetch_markets(), responses.MarketResp)],
        "summaries": checked(client.fetch_markets_summary({"market": "ALL"}), responses.MarketSummaryResp),
        "balances": checked(client.fetch_balances(), responses.BalanceResp),
        "positions": checked(client.fetch_positions(), responses.PositionResp),
        "fills": checked(client.fetch_fills({"page_size": 1_000}), responses.FillResult),
        "orders": checked(client.fetch_orders_history({"page_size": 1_000}), responses.OrderResp),
        "open_orders": checked(client.fetch_orders(), responses.OrderResp),
        "funding": checked(client.fetch_funding_payments({"page_size": 1_000}), responses.FundingPayment),
        "funding_data": checked(
            client.fetch_funding_data({"market": market_id}), responses.FundingDataResult
        ),
        "transfers": checked(client.fetch_transfers(), responses.TransferResult),
        "liquidations": checked(client.fetch_liquidations(), responses.LiquidationResp),
        "tradebusts": checked(client.fetch_tradebusts(), responses.TradebustResult),
        "bid": responses.BBOResp.model_validate(client.fetch_bbo(market_id)).bid,
    }


if __name__ == "__main__":
    found = {"ccxt": with_ccxt(*sys.argv[1:]), "paradex": with_paradex(*sys.argv[1:])}
    json.dump(found, sys.stdout, default=str)
