"""An ASGI application behind the checks of :mod:`optuna_dnc._web_access`."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from optuna_dnc._web_access import AllowedHosts


class Guarded:
    """Reject requests that use another host name or come from another page with status 403.

    Args:
        app: Application to protect.
        allowed: Host names of the server.
    """

    def __init__(self, app: ASGIApp, allowed: AllowedHosts) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        joined = {name: ",".join(headers.getlist(name)) for name in headers}
        problem = self._allowed.problem(scope.get("method", ""), joined)
        if problem is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await JSONResponse({"detail": problem}, 403)(scope, receive, send)
        else:
            await WebSocketClose(reason=problem)(scope, receive, send)
