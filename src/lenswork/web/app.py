"""The studio as an ASGI application."""

from pathlib import PurePath

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from lenswork.web.addresses import routes
from lenswork.web.failures import HANDLERS
from lenswork.web.guard import Guard
from lenswork.web.render import asset
from lenswork.web.settings import Settings

YEAR = 365 * 24 * 3600


def studio(settings: Settings) -> ASGIApp:
    """All pages over the runs and data that `settings` name."""
    app = Starlette(
        routes=[*routes(), Mount("/static", _Assets(packages=[("lenswork.web", "static")]))],
        exception_handlers=HANDLERS,
    )
    app.state.settings = settings
    return Guard(app, settings)


class _Assets(StaticFiles):
    """The studio's own files, kept by browsers under addresses that change with their content.

    A module that another one imports has a plain address: it is asked for again every time.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        address = f"/static/{PurePath(path).as_posix()}?{scope['query_string'].decode('latin-1')}"
        fresh = address == asset(PurePath(path).as_posix())
        response.headers["cache-control"] = (
            f"public, max-age={YEAR}, immutable" if fresh else "no-cache"
        )
        return response
