"""The HTTP server of the dashboard: one thread a request, no log, errors in one line."""

from __future__ import annotations

import errno
import socket
import sys
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from optuna_dnc._errors import InputError, brief, shown


class DashboardServer(ThreadingMixIn, WSGIServer):
    """Serves until it is shut down."""

    daemon_threads = True

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = "127.0.0.1" if self.server_address[0] == "0.0.0.0" else self.server_address[0]
        return f"http://{host!s}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that did not wait for its answer."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        del format, arguments


def bind(host: str, port: int) -> DashboardServer:
    """Claim the port; nothing is answered before there is an application to serve.

    Args:
        host: An address or a name of this machine.
        port: 0 takes any that is free.

    Raises:
        InputError: The port is in use or not allowed, or the host is not this machine.
    """
    try:
        return DashboardServer((host, port), _Quiet)
    except socket.gaierror as error:
        raise InputError(
            f"--host: {shown(host)} is no IPv4 address or name of this machine "
            f"({error.strerror}); leave it out for 127.0.0.1, or give 0.0.0.0 for all networks."
        ) from None
    except OSError as error:
        raise InputError(_reason(error, host, port)) from None


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port: {port} is in use on {host}; choose another, such as --port {port + 1}."
    if error.errno == errno.EACCES:
        return f"--port: {port} is kept for the system; choose one above 1023."
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"--host: {shown(host)} is not an address of this machine; leave it out for "
            "127.0.0.1, or give 0.0.0.0 for all networks."
        )
    return f"--host and --port: {host}:{port} cannot be used ({brief(error)})."
