"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse


def event(name: str, data: Any) -> bytes:
    """One event; `data` goes as JSON, on one line."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """An answer that stays open and sends each event as it comes."""
    return StreamingResponse(events, media_type="text/event-stream")
