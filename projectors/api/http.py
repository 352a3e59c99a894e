"""HTTP and WebSockets as uvicorn speaks them, with bounds on what a connection may make the service hold."""

from asyncio import TimerHandle
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEAD_BYTES_MAX: Final = 32 * 1024
"""Bytes of the request line and the headers; httptools itself would keep any number of them."""

STALLED_S: Final = 15.0
"""How long a client may take nothing of what waits for it."""


class BoundedHttp(HttpToolsProtocol):
    """A connection that is closed when the head of a request is too long."""

    _reading_head = True
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._reading_head and self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self.send_400_response(f"The head of a request has at most {HEAD_BYTES_MAX} bytes.")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._reading_head = True

    def on_headers_complete(self) -> None:
        """Its head is over; bodies are bounded by who reads them."""
        self._reading_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is over, and the next one may begin."""
        self._reading_head = True
        self._head_bytes = 0
        super().on_message_complete()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """A connection that is cut when its client takes nothing for a while: no close frame would reach it."""

    stalled_s = STALLED_S
    _stalled: TimerHandle | None = None

    def pause_writing(self) -> None:
        """More waits for the client than is kept for it."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.stalled_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It has taken some."""
        self._let_on()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._let_on()
        super().connection_lost(exc)

    def _let_on(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
