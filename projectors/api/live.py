"""Channels over a WebSocket: JSON-RPC in, and what is new out, as the served views move on.

1. A client says ``subscribe`` with a channel; states are sent at once, lines from then on.
2. When the views move, every connection looks what is new on its channels; for what many ask, once.
3. A connection that is still sending when the views move again looks once more after that, and not once per
   move: a slow client gets fewer and newer messages, and lines some at a time. So what waits for a client is
   bounded. One that does not take a message within ``SEND_S`` is too slow: it is closed with 4008, and cut
   where not even that can be sent.
4. A token that was revoked or has expired since ends the connection.

``blocks`` has ``rollback_seq``: when it changes, what was shown may be void, and is read again.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import orjson
from anyio import create_task_group, fail_after, move_on_after
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from ledger.errors import LedgerFault
from projectors.api.access import Gate, host_of, own_account
from projectors.api.faults import ApiFault, bad_request, busy, of_ledger
from projectors.api.resources.news import OWN, Channel, News, news, read_channel
from projectors.api.served import Served, When
from projectors.api.tokens import Caller, Scope
from projectors.reading.answers import Moment

CONNECTIONS_MAX: Final = 2_000
CHANNELS_MAX: Final = 50
MESSAGE_CHARACTERS_MAX: Final = 4_096
SEND_S: Final = 10.0
CLOSE_S: Final = 1.0

_TOO_SLOW: Final = 4008
_TRY_LATER: Final = 1013
_POLICY: Final = 1008
_GONE: Final = 1005

router = APIRouter()


class Live:
    """Every open connection, and what they all ask for."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved: set[asyncio.Event] = set()
        self._shared: dict[tuple[Channel, int], News] = {}
        self._worded: dict[Channel, tuple[News, Sequence[str]]] = {}
        self._lock = asyncio.Lock()
        served.on_change(self._changed)

    def begin(self) -> None:
        """Tell connections of this loop from now on."""
        self._loop = asyncio.get_running_loop()

    def end(self) -> None:
        """Tell nobody any more."""
        self._loop = None

    def join(self) -> asyncio.Event:
        """An event that is set whenever the views move. Raises ``ApiFault`` when there are too many."""
        if len(self._moved) >= CONNECTIONS_MAX:
            raise busy("too many open connections")
        moved = asyncio.Event()
        self._moved.add(moved)
        return moved

    def leave(self, moved: asyncio.Event) -> None:
        """Forget a connection."""
        self._moved.discard(moved)

    async def news(self, channel: Channel, before: News | None) -> News:
        """What is new on a channel."""
        if channel.account or before is None:
            return await run_in_threadpool(self._look, channel, before)
        async with self._lock:
            key = (channel, before.seq)
            found = self._shared.get(key)
            if found is None:
                found = self._shared[key] = await run_in_threadpool(self._look, channel, before)
            return found

    def messages(self, channel: Channel, found: News) -> Sequence[str]:
        """News as they are sent; of a channel that many hear they are put into words once."""
        if channel.account or not found.data:
            return _messages(channel, found)
        if self._worded.get(channel, (None, ()))[0] is not found:
            self._worded[channel] = (found, _messages(channel, found))
        return self._worded[channel][1]

    def _look(self, channel: Channel, before: News | None) -> News:
        with self._served.asked(When(), ()) as asked:
            return news(asked, channel, before)

    def _changed(self, _moment: Moment) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._shared.clear()
        for moved in self._moved:
            moved.set()


class _Connection:
    """One client: who it is, and the channels that it hears."""

    def __init__(self, socket: WebSocket, gate: Gate, live: Live, moved: asyncio.Event) -> None:
        self._socket = socket
        self._moved = moved
        self._gate = gate
        self._live = live
        self._host = host_of(socket)
        self._presented: str | None = None
        self._caller = Caller(self._host, Scope.PUBLIC)
        self._channels: dict[Channel, News] = {}
        self._sending = asyncio.Lock()

    def enter(self) -> None:
        """Take the token of the handshake, if there is one. Raises ``ApiFault`` for one that is none."""
        kind, _, presented = self._socket.headers.get("authorization", "").partition(" ")
        self._authenticate(presented if kind.lower() == "bearer" else None)

    async def hear(self) -> None:
        """Do what the client says until it leaves."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", _GONE))
            await self._send(_text(await self._answer(message.get("text") or "")))

    async def tell(self) -> None:
        """Send what is new whenever there is something."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self._presented is not None and not self._gate.knows(self._presented):
                raise ApiFault(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "the token is no longer valid")
            for channel, before in list(self._channels.items()):
                with suppress(LedgerFault):  # what cannot be read now is read at the next move
                    await self._tell_of(channel, before)

    async def _tell_of(self, channel: Channel, before: News | None) -> None:
        """Send what is new on a channel; what is left of it is news at once."""
        found = await self._live.news(channel, before)
        if before is not None and channel not in self._channels:
            return
        self._channels[channel] = found
        for message in self._live.messages(channel, found):
            await self._send(message)
        if found.more:
            self._moved.set()

    async def _answer(self, text: str) -> dict[str, Any]:
        """The response to one message; a fault is one too."""
        number: object = None
        try:
            request = _read(text)
            number = request.get("id")
            self._gate.take(self._caller.name)
            return {"jsonrpc": "2.0", "id": number, "result": await self._do(request)}
        except LedgerFault as fault:
            body = of_ledger(fault).body()
        except ApiFault as fault:
            body = fault.body()
        return {"jsonrpc": "2.0", "id": number, "error": body}

    async def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        params = request.get("params")
        given = params if isinstance(params, dict) else {}
        if request.get("method") == "auth":
            self._authenticate(str(given.get("bearer", "")))
            return {"scope": self._caller.scope.value, "account": self._caller.account}
        channel = self._channel(given)
        match request.get("method"):
            case "subscribe":
                if len(self._channels) >= CHANNELS_MAX:
                    raise bad_request(
                        "TOO_MANY_CHANNELS", f"a connection hears at most {CHANNELS_MAX} channels"
                    )
                await self._tell_of(channel, None)
            case "unsubscribe":
                self._channels.pop(channel, None)
            case _:
                raise bad_request("METHOD_UNKNOWN", "methods are auth, subscribe and unsubscribe")
        return {"channel": channel.name}

    def _channel(self, params: dict[str, Any]) -> Channel:
        channel = read_channel(str(params.get("channel", "")))
        if channel is None:
            raise bad_request("CHANNEL_UNKNOWN", "there is no such channel")
        if channel.kind not in OWN:
            return channel
        account = params.get("account")
        return channel._replace(account=own_account(self._caller, None if account is None else str(account)))

    def _authenticate(self, presented: str | None) -> None:
        self._caller = self._gate.caller(self._host, presented)
        self._presented = presented
        self._channels = {channel: seen for channel, seen in self._channels.items() if not channel.account}

    async def _send(self, message: str) -> None:
        async with self._sending:
            with fail_after(SEND_S):
                await self._socket.send_text(message)


@router.websocket("/v1/ws")
async def channels(socket: WebSocket) -> None:
    """Channels, until the client leaves or takes nothing any more."""
    live: Live = socket.app.state.live
    try:
        moved = live.join()
    except ApiFault:
        await socket.close(_TRY_LATER)
        return
    connection = _Connection(socket, socket.app.state.gate, live, moved)
    try:
        connection.enter()
        await socket.accept()
        code = await _both(connection)
    except ApiFault:
        code = _POLICY
    finally:
        live.leave(moved)
    if code is not None:
        with move_on_after(CLOSE_S):
            await socket.close(code)


async def _both(connection: _Connection) -> int | None:
    """Hear and tell until one of them ends; the code to close with, ``None`` where the client has left."""
    code: int | None = None
    try:
        async with create_task_group() as group:
            group.start_soon(connection.hear)
            group.start_soon(connection.tell)
    except* ApiFault:
        code = _POLICY
    except* TimeoutError:
        code = _TOO_SLOW
    except* WebSocketDisconnect:
        pass
    return code


def _messages(channel: Channel, found: News) -> list[str]:
    params = [{"channel": channel.name, "data": data} for data in found.data]
    return [_text({"jsonrpc": "2.0", "method": "subscription", "params": one}) for one in params]


def _text(message: dict[str, Any]) -> str:
    return orjson.dumps(message).decode()


def _read(text: str) -> dict[str, Any]:
    if len(text) > MESSAGE_CHARACTERS_MAX:
        raise bad_request("MESSAGE_TOO_LARGE", f"a message has at most {MESSAGE_CHARACTERS_MAX} characters")
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        raise bad_request("MALFORMED_MESSAGE", "a message is one JSON object") from None
    if not isinstance(request, dict):
        raise bad_request("MALFORMED_MESSAGE", "a message is one JSON object")
    return request
