"""What stands before every answer: which host was meant, what is counted, which headers go out."""

import time
from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lenswork.use.serve.limits import Refusal
from lenswork.use.serve.metrics import Metrics

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
OTHER = "other"  # the one label of all addresses that are no routes


class Guard:
    """Refuses requests for other hosts (DNS rebinding), counts and times the others."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None, metrics: Metrics) -> None:
        self.app = app
        self.hosts = None if hosts is None else frozenset(hosts)
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def headed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await (self._refusal(scope) or self.app)(scope, receive, headed)
        finally:
            route = scope.get("route")
            self.metrics.request(getattr(route, "path", OTHER), status, time.perf_counter() - start)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        host = Headers(scope=scope).get("host", "")
        if self.hosts is None or _name(host).lower() in self.hosts:
            return None
        refusal = Refusal(
            HTTPStatus.MISDIRECTED_REQUEST,
            "this server answers for this machine only",
            f"a host among {', '.join(sorted(self.hosts))}",
            host[:100],
            "use one of these, or begin lenswork serve with --host",
        )
        return JSONResponse(refusal.body(), refusal.status)


def _name(host: str) -> str:
    """A Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
