"""The dashboard's application behind the checks of :mod:`optuna_dnc._web_access`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from optuna_dnc._web_access import AllowedHosts

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""

BY_PROXY = "optuna_dnc.by_proxy"
"""Entry of the environment: whether a request came through a proxy."""


def guarded(app: App, allowed: AllowedHosts) -> App:
    """Reject requests that use another host name or come from another page with status 403.

    Also forbid other pages to embed the dashboard in a frame (clickjacking).

    Args:
        app: Application to protect.
        allowed: Host names of the server.
    """

    def checked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        sent = _headers_of(environ)
        problem = allowed.problem(environ["REQUEST_METHOD"], sent)
        if problem is None:
            environ[BY_PROXY] = allowed.is_by_proxy(sent)
            return app(environ, _without_frames(start_response))
        body = f"{problem}\n".encode()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        start_response("403 Forbidden", headers)
        return [body]

    return checked


def _headers_of(environ: dict[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }


def _without_frames(start_response: Callable[..., Any]) -> Callable[..., Any]:
    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(
            status, [*headers, ("Content-Security-Policy", "frame-ancestors 'none'")], *rest
        )

    return start
