"""The dashboard's files: read once, and served under a path that names their content.

1. ``/`` is the page, asked for anew each time; everything it loads lies below ``/assets/DIGEST/``.
2. The digest is that of all files together, and modules import each other by relative paths: so a browser may
   keep each for ever, and never two versions of them meet.
3. The policy lets a page load and ask only from here, and run no script that is not one of these files.
"""

from hashlib import blake2b
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from projectors.api.faults import not_found

_PAGE: Final = "index.html"
_TYPES: Final = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "toml": "text/plain",
    "LICENSE": "text/plain",
}
_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
_DIGEST_BYTES: Final = 12


def read_files() -> dict[str, bytes]:
    """Every file of the dashboard by its path."""
    found: dict[str, bytes] = {}

    def read(folder: Traversable, path: str) -> None:
        for one in folder.iterdir():
            if one.is_dir():
                read(one, f"{path}{one.name}/")
            else:
                found[f"{path}{one.name}"] = one.read_bytes()

    read(files("projectors.web") / "static", "")
    return dict(sorted(found.items()))


def dashboard() -> APIRouter:
    """Routes of the dashboard."""
    found = read_files()
    hashed = blake2b(digest_size=_DIGEST_BYTES)
    for path, body in found.items():
        hashed.update(f"{path}\0{len(body)}\0".encode() + body)
    digest = hashed.hexdigest()
    page = found.pop(_PAGE).replace(b'"assets/', f'"/assets/{digest}/'.encode())
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def get_page() -> Response:
        return _answer(_PAGE, page, "no-cache")

    @router.get("/assets/{version}/{path:path}")
    def get_asset(version: str, path: str) -> Response:
        body = found.get(path) if version == digest else None
        if body is None:
            raise not_found(f"{HTTPStatus.NOT_FOUND.phrase}: the dashboard has no such file; load it again")
        return _answer(path, body, "public, max-age=31536000, immutable")

    return router


def _answer(path: str, body: bytes, kept: str) -> Response:
    kind = _TYPES[path.rpartition(".")[2]]
    return Response(
        body, media_type=kind, headers={"Cache-Control": kept, "Content-Security-Policy": _POLICY}
    )
