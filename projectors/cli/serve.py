"""``projectors serve`` and ``projectors tokens``: the HTTP side, and who may ask it."""

import ipaddress
import resource
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn

from ledger.errors import SettingsFault
from ledger.service.logging import log_to_stderr
from ledger.settings import Settings
from projectors.api.app import BURST, PER_S, Limits, create_app
from projectors.api.http import BoundedHttp, BoundedWebSocket
from projectors.api.idle import Idle, ends_when_idle
from projectors.api.sending import ClusterSender
from projectors.api.served import PAST_S, Served
from projectors.api.tokens import Scope, Tokens
from projectors.bootstrap import open_log
from projectors.cli.options import chooses_log
from projectors.cli.screen import print_json, say

ADDRESS: Final = "127.0.0.1:8080"
MESSAGE_BYTES_MAX: Final = 16 * 1024
CONNECTIONS_MAX: Final = 5_000
SWITCH_S: Final = 0.001
"""How long a read of the past, in its thread, may keep the loop waiting; 5 ms would be Python's own."""

FILES_MAX: Final = 4_000
"""Files of views and of the log that may be open beside the connections."""

IDLE_S: Final = 20
STOP_S: Final = 5
_NONE: Final = 1
COULD_NOT: Final = 3

tokens_app = typer.Typer(
    no_args_is_help=True, help="Tokens of `projectors serve`; only their digests are kept."
)


def tokens_path(data: Path) -> Path:
    """Where the digests of tokens lie."""
    return data / "api" / "tokens.json"


@chooses_log
def serve(  # noqa: PLR0913
    settings: Settings,
    listen: Annotated[
        str,
        typer.Option("--listen", metavar="HOST:PORT", help="Where to answer; this machine only unless said."),
    ] = ADDRESS,
    *,
    anywhere: Annotated[
        bool,
        typer.Option("--anywhere", help="Allow an address that other machines reach; put TLS before it."),
    ] = False,
    per_s: Annotated[
        float, typer.Option("--rate", min=0.1, help="Requests per second of one caller, in the long run.")
    ] = PER_S,
    burst: Annotated[float, typer.Option("--burst", min=1, help="Requests of one caller at once.")] = BURST,
    past_s: Annotated[
        float, typer.Option("--past-s", min=0.1, help="Seconds that one read of the past may fold.")
    ] = PAST_S,
    incidents: Annotated[
        Path | None,
        typer.Option(
            "--incidents", help="Audits and plans, a directory per incident.", show_default="DATA/incidents"
        ),
    ] = None,
    idle_exit: Annotated[
        float | None,
        typer.Option("--idle-exit", min=0.1, help="End after so many seconds in which nobody asked."),
    ] = None,
) -> None:
    """Serve the dashboard, and answer over HTTP from the views; /v1/openapi.json says what.

    `projectors run --follow` keeps the views up to date beside it.
    """
    host, port = _address(listen)
    if not anywhere and not _is_loopback(host):
        raise SettingsFault(
            f"{host} can be reached from other machines, and this speaks plain HTTP",
            where="--listen",
            remedy="Listen at 127.0.0.1 behind a proxy with TLS, or say --anywhere",
        )
    if not settings.brokers:
        with open_log(settings):  # a directory without a ledger is said at once
            pass
    log_to_stderr()
    sender = partial(ClusterSender, settings) if settings.brokers else None
    served = Served(settings, past_s=past_s)
    app = create_app(served, Tokens(tokens_path(settings.data)), Limits(per_s, burst), sender, incidents)
    sys.setswitchinterval(SWITCH_S)
    _allow_open_files(CONNECTIONS_MAX + FILES_MAX)
    say(f"dashboard at http://{listen}/, answers at http://{listen}/v1")
    watched = Idle(app)
    config = uvicorn.Config(
        watched,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=BoundedHttp,
        loop="uvloop",
        limit_concurrency=CONNECTIONS_MAX,
        ws=BoundedWebSocket,
        ws_max_size=MESSAGE_BYTES_MAX,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=STOP_S,
    )
    server = uvicorn.Server(config)
    if idle_exit is not None:
        ends_when_idle(watched, idle_exit, partial(setattr, server, "should_exit", True))  # noqa: FBT003
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise typer.Exit(COULD_NOT)


@tokens_app.command("issue")
@chooses_log
def issue(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="Name by which it can be revoked.")],
    scope: Annotated[Scope, typer.Option("--scope", help="What it opens.")] = Scope.ACCOUNT,
    account: Annotated[str, typer.Option("--account", help="The account that it opens.")] = "",
    days: Annotated[int, typer.Option("--days", min=0, help="How long it is valid; 0 for ever.")] = 90,
) -> None:
    """Print a new token, once: only its digest is kept."""
    presented = Tokens(tokens_path(settings.data)).issue(name, scope, account, days * 86_400)
    typer.echo(presented)


@tokens_app.command("list")
@chooses_log
def list_tokens(settings: Settings) -> None:
    """Print name, scope, account and expiry of every token as JSON."""
    print_json(
        [
            {
                "name": token.name,
                "scope": token.scope.value,
                "account": token.account,
                "expires_at_ms": token.expires_at_ms,
            }
            for token in Tokens(tokens_path(settings.data)).all()
        ]
    )


@tokens_app.command("revoke")
@chooses_log
def revoke(settings: Settings, name: Annotated[str, typer.Argument(help="Name of the token.")]) -> None:
    """Forget a token; a running service refuses it from the next request on. Exit code 1: there is none."""
    if not Tokens(tokens_path(settings.data)).revoke(name):
        say(f"there is no token {name!r}")
        raise typer.Exit(_NONE)


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004
        raise SettingsFault(f"{listen!r} is no HOST:PORT", where="--listen")
    return host.strip("[]"), int(port)


def _allow_open_files(wanted: int) -> None:
    """Have as many files open as are wanted, or as the system allows a process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
