"""HTTP by httptools, which is quicker than h11, with a limit that it lacks: the size of a head."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 2**18  # all that is no body: address, headers, the sizes of a body's chunks


class BoundedProtocol(HttpToolsProtocol):
    """One connection, which is closed with 400 where a head is longer than it may be."""

    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Bytes of a request, or of several."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"expected a head of at most {MOST_HEAD_BYTES:,} bytes")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        """A piece of a body, which `Limits` bounds."""
        self._head_bytes -= len(body)
        super().on_body(body)
