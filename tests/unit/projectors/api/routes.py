"""The routes that there are, with what each takes."""

from functools import cache
from pathlib import Path
from typing import Any

from ledger.settings import load_settings
from projectors.api.app import create_app
from projectors.api.tokens import Tokens
from tests.patient import patient

NEEDED: dict[str, dict[str, str]] = {
    "/diff": {"a": "block:18", "b": "block:25"},
    "/chain/proof": {"from_block": "1", "to_block": "2"},
    "/vaults/positions": {"address": "HLP"},
    "/vaults/balance": {"address": "HLP"},
    "/vaults/transfers": {"address": "HLP"},
    "/vaults/history": {"address": "HLP"},
}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    data = Path("nowhere")
    app = create_app(patient(load_settings(data=data, brokers="", id="")), Tokens(data / "tokens.json"))
    return app.openapi()


def paths() -> dict[str, list[str]]:
    """Names of the query parameters of every path that is read."""
    return {
        path.removeprefix("/v1"): [
            one["name"] for one in item["get"].get("parameters", []) if one["in"] == "query"
        ]
        for path, item in document()["paths"].items()
        if "get" in item
    }


def asked_with(path: str) -> dict[str, str]:
    """What a path does not answer without."""
    return NEEDED.get(path, {})
