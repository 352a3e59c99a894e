"""Text of ``docs/reference/api.md``, from the OpenAPI document of the service."""

from collections.abc import Iterator, Mapping
from inspect import unwrap
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from docs.generate.markdown import cell, table
from ledger.settings import load_settings
from projectors.api.access import get_operator
from projectors.api.app import create_app
from projectors.api.served import Served
from projectors.api.tokens import Tokens

INTRODUCTION: Final = """\
# HTTP API

What `projectors serve` answers; [how to serve it](../how-to/api.md), with tokens, errors and channels. Every
answer of a read has `at`: where it is true. Numbers are decimal strings, times Unix milliseconds.

| scope | what a token of this scope may ask |
| --- | --- |
| public | no token is needed |
| account | a token for an account reads its own; an operator's names one with `account` |
| operator | an operator's token only |

Written by `python -m docs.generate` from the OpenAPI document of the service, `/v1/openapi.json`."""

SCOPES: Final = ("public", "account", "operator")
METHODS: Final = ("get", "post", "put", "patch", "delete")


def application() -> FastAPI:
    """The service without anything to serve."""
    nowhere = Path("nowhere")
    served = Served(load_settings(data=nowhere, brokers="", id=""))
    return create_app(served, Tokens(nowhere / "tokens.json"))


def scopes(app: FastAPI) -> dict[str, str]:
    """The least scope that each path asks for, read off what its function calls."""
    return {path: _scope(route) for path, route in _routes(app).items()}


def api_page() -> str:
    """The whole page."""
    app = application()
    document = app.openapi()
    asked = scopes(app)
    operations = list(_operations(document))
    schemas = document["components"]["schemas"]
    pages = {name: schema for name, schema in schemas.items() if name.startswith("Page_")}
    rows = [
        (f"[`{method} {path}`](#{_anchor(method, path)})", asked[path], cell(_first(operation)))
        for method, path, operation in operations
    ]
    parts = [INTRODUCTION, "## Routes", table(("route", "scope", "what it answers"), rows)]
    for method, path, operation in operations:
        parts += _operation(method, path, operation, asked[path], pages)
    parts.append("## Objects")
    for name, schema in schemas.items():
        if name not in pages:
            parts += _object(name, schema, pages)
    return "\n\n".join(part for part in parts if part) + "\n"


def _routes(app: FastAPI) -> dict[str, APIRoute]:
    found: dict[str, APIRoute] = {}
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found[route.path_format] = route
        waiting += _inner(route)
    return found


def _inner(route: Any) -> list[Any]:  # noqa: ANN401  an included router, however the library keeps it
    router = getattr(route, "original_router", None)
    return list(router.routes) if router is not None else []


def _scope(route: APIRoute) -> str:
    if any(dependant.call is get_operator for dependant in route.dependant.dependencies):
        return "operator"
    names = _called(unwrap(route.endpoint))
    if "own_account" in names or {"require", "ACCOUNT"} <= names:
        return "account"
    return "operator" if "require" in names else "public"


def _called(function: Any) -> set[str]:  # noqa: ANN401
    """Names that a function uses, and those that functions of its own module use for it."""
    found: set[str] = set()
    waiting = [function]
    while waiting:
        one = waiting.pop()
        for name in set(one.__code__.co_names) - found:
            found.add(name)
            called = one.__globals__.get(name)
            if isinstance(called, FunctionType) and called.__module__ == one.__module__:
                waiting.append(called)
    return found


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def _operation(
    method: str, path: str, operation: Mapping[str, Any], scope: str, pages: Mapping[str, Any]
) -> Iterator[str]:
    yield f"### {method} {path}"
    yield _paragraphs(operation["description"])
    good = operation["responses"]["200"]["content"]["application/json"]["schema"]
    yield f"Scope: {scope}. Answers {_type(good, pages)}."
    rows = [
        (
            f"`{one['name']}`",
            one["in"],
            _type(one["schema"], pages),
            "needed" if one.get("required") else cell(str(one["schema"].get("default", "") or "")),
            cell(one.get("description", "") or one["schema"].get("description", "")),
        )
        for one in operation.get("parameters", [])
    ]
    yield table(("parameter", "in", "type", "default", "meaning"), rows) if rows else ""
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Body: `{kind}`, such as\n\n```json\n{_json(body['example'])}\n```"


def _object(name: str, schema: Mapping[str, Any], pages: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {_shown(name)}"
    yield _paragraphs(schema.get("description", ""))
    rows = [
        (f"`{field}`", _type(one, pages), cell(one.get("description", "")))
        for field, one in schema["properties"].items()
    ]
    yield table(("field", "type", "meaning"), rows)


def _type(schema: Mapping[str, Any], pages: Mapping[str, Any]) -> str:
    """A type as a reader wants it: ``decimal``, ``list of Fill``, ``a page of Fill``."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        if name in pages:
            return f"a page of {_type(pages[name]['properties']['results']['items'], pages)}"
        return f"[{_shown(name)}](#{_shown(name).lower().replace(' ', '-')})"
    if "anyOf" in schema:
        kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(_type(one, pages) for one in kinds)
    if "enum" in schema:
        return " \\| ".join(f"`{word}`" for word in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'], pages)}"
    if schema.get("type") == "string":
        return "decimal" if "[0-9]+" in schema.get("pattern", "") else "text"
    if schema.get("type") == "integer":
        return f"integer{_bounds(schema)}"
    return str(schema.get("type", "anything"))


def _shown(name: str) -> str:
    """Name of an object; of two with one name, each with the module that it is of."""
    parts = name.split("__")
    return f"{parts[-1]} of {parts[-2]}" if len(parts) > 1 else name


def _bounds(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f", {low:,} to {high:,}"
    return ""


def _json(example: Mapping[str, Any]) -> str:
    lines = ",\n".join(f'  "{name}": {_literal(value)}' for name, value in example.items())
    return f"{{\n{lines}\n}}"


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _first(operation: Mapping[str, Any]) -> str:
    return str(operation["description"]).split("\n\n", maxsplit=1)[0]


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()).replace("``", "`") for part in text.split("\n\n"))


def _anchor(method: str, path: str) -> str:
    kept = "".join(letter for letter in path if letter.isalnum() or letter in "-_")
    return f"{method.lower()}-{kept}"
