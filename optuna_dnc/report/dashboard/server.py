"""HTTP server of the dashboard, and its checks of requests."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Collection, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from optuna_dnc._errors import InputError
from optuna_dnc._interruption import check_interrupted
from optuna_dnc._web_access import AllowedHosts, address_error


class DashboardServer(ThreadingMixIn, WSGIServer):
    """Threaded HTTP server whose application is protected against other web pages.

    Args:
        host: Address or name of this machine to listen at.
        port: Port; 0 selects a free one.
        allowed_hosts: More host names that browsers may use, such as that of a proxy.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, allowed_hosts: Collection[str] = ()) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Quiet)
        try:
            self._allowed = AllowedHosts.of(host, str(self.server_address[0]), allowed_hosts)
        except InputError:
            self.server_close()
            raise

    def set_app(self, application: App | None) -> None:
        """Serve an application, but only to its own pages."""
        super().set_app(None if application is None else guarded(application, self._allowed))

    def service_actions(self) -> None:
        """Stop if the process was interrupted; called after each request and twice a second."""
        super().service_actions()
        check_interrupted()

    @property
    def url(self) -> str:
        """URL for a browser on this machine."""
        address = str(self.server_address[0])
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore browsers that closed their connection; report other errors."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        del format, arguments


def bind(host: str, port: int, allowed_hosts: Collection[str] = ()) -> DashboardServer:
    """Create a server that occupies its port and serves nothing yet.

    Args:
        host: Address or name of this machine to listen at.
        port: Port; 0 selects a free one.
        allowed_hosts: As for :class:`DashboardServer`.

    Raises:
        InputError: The port is in use or reserved, the host is not this machine, or an allowed
            name is none.
    """
    try:
        return DashboardServer(host, port, allowed_hosts)
    except OSError as error:
        raise address_error(error, host, port) from None


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
