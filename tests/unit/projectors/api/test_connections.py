"""Many clients, slow clients, clients that vanish, and clients that say too much, over real connections."""

import asyncio
import json
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
from websockets.asyncio.client import ClientConnection, connect

from projectors.api import live as live_module
from projectors.api.app import create_app
from projectors.api.http import HEAD_BYTES_MAX, BoundedWebSocket
from projectors.api.live import Live
from projectors.api.served import Served
from tests.branching import head_of
from tests.patient import patient
from tests.serving import running
from tests.unit.projectors.api.conftest import UNLIMITED, Site

SOCKETS: Final = 1_000
TOGETHER: Final = 50
FILES: Final = 2 * SOCKETS + 500
WITHIN_S: Final = 40.0


class Place:
    """A growing ledger that is served on a port."""

    def __init__(self, site: Site, served: Served, live: Live, address: str) -> None:
        self.site = site
        self.served = served
        self.live = live
        self.port = int(address.rpartition(":")[2])

    def grow(self) -> int:
        """Add a block; returns its height."""
        self.site.ledger.write(1)
        self.site.reader.run()
        return head_of(self.site.log).height

    def wait(self, held: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + WITHIN_S
        while not held():
            assert time.monotonic() < deadline
            self.served.look()

    def connections(self) -> int:
        """Open WebSockets as the service counts them."""
        return len(self.live._moved)  # noqa: SLF001


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    site = Site(tmp_path_factory.mktemp("connections"))
    served = patient(site.settings)
    app = create_app(served, site.tokens, UNLIMITED)
    with running(app) as address:
        yield Place(site, served, app.state.live, address)
    site.log.close()


def subscribe(channel: str) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"channel": channel}})


async def heard(client: ClientConnection, height: int) -> int:
    """Wait for the news of a block; the height that came."""
    while True:
        message = json.loads(await client.recv())
        if message.get("params", {}).get("data", {}).get("block", 0) >= height:
            return int(message["params"]["data"]["block"])


def test_a_thousand_clients_hear_of_every_block(place: Place) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    address = f"ws://127.0.0.1:{place.port}/v1/ws"

    async def one() -> ClientConnection:
        client = await connect(address, compression=None, ping_interval=None, open_timeout=WITHIN_S)
        await client.send(subscribe("blocks"))
        return client

    async def everybody() -> set[int]:
        clients: list[ClientConnection] = []
        for _ in range(SOCKETS // TOGETHER):
            clients += await asyncio.gather(*[one() for _ in range(TOGETHER)])
        assert place.connections() == SOCKETS
        height = await asyncio.to_thread(place.grow)
        heights = await asyncio.gather(*[heard(client, height) for client in clients])
        await asyncio.gather(*[client.close() for client in clients])
        return set(heights)

    heights = asyncio.run(asyncio.wait_for(everybody(), WITHIN_S))
    assert heights == {head_of(place.site.log).height}
    place.wait(lambda: place.connections() == 0)


def raw_socket(place: Place) -> socket.socket:
    """A WebSocket by hand, which takes only what it is told to, with as little room as there can be."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
    client.connect(("127.0.0.1", place.port))
    client.sendall(
        b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(1)
    assert b" 101 " in answer
    return client


def masked(text: str) -> bytes:
    """A text frame as clients send it, with a mask of zeros."""
    data = text.encode()
    return b"\x81" + bytes((0x80 | len(data),)) + b"\0\0\0\0" + data


def test_a_client_that_takes_nothing_is_let_go(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "SEND_S", 0.2)
    monkeypatch.setattr(live_module, "CLOSE_S", 0.1)
    monkeypatch.setattr(BoundedWebSocket, "stalled_s", 0.5)
    with raw_socket(place) as client:
        place.wait(lambda: place.connections() == 1)
        client.settimeout(0)
        ask = masked(subscribe("markets_summary"))

        def flooded() -> bool:
            with suppress(BlockingIOError, ConnectionError):
                client.send(ask * 50)
            return place.connections() == 0

        place.wait(flooded)


def test_a_client_that_vanishes_is_forgotten(place: Place) -> None:
    client = raw_socket(place)
    client.sendall(masked(subscribe("blocks")))
    place.wait(lambda: place.connections() == 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()
    place.grow()
    place.wait(lambda: place.connections() == 0)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 2 * HEAD_BYTES_MAX,
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 2 * HEAD_BYTES_MAX,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * HEAD_BYTES_MAX,
    ],
)
def test_a_head_without_an_end_is_not_kept(place: Place, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", place.port), timeout=WITHIN_S) as client:
        answer = b""
        with suppress(ConnectionError):
            client.sendall(head)
            while some := client.recv(4_096):
                answer += some
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_requests_after_each_other_have_heads_of_their_own(place: Place) -> None:
    request = b"GET /v1/system/time HTTP/1.1\r\nHost: x\r\nX-Filler: " + b"a" * 2_000 + b"\r\n\r\n"
    times = 2 * HEAD_BYTES_MAX // len(request)
    with socket.create_connection(("127.0.0.1", place.port), timeout=WITHIN_S) as client:
        answer = b""
        for number in range(times):
            client.sendall(request)
            while answer.count(b'{"server_time"') <= number:
                answer += client.recv(4_096)
        assert answer.count(b"HTTP/1.1 200") == times


def test_open_connections_have_a_limit(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "CONNECTIONS_MAX", 0)

    async def refused() -> Any:  # noqa: ANN401
        async with connect(f"ws://127.0.0.1:{place.port}/v1/ws"):
            return None

    with pytest.raises(Exception, match="403"):
        asyncio.run(refused())
