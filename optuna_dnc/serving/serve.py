"""HTTP server of predictions."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection

import uvicorn

from optuna_dnc._web_access import AllowedHosts, address_error
from optuna_dnc.results.predictor import Predictor
from optuna_dnc.serving.app import prediction_app


def serve(
    predictor: Predictor,
    name: str,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    most_rows: int = 10_000,
    allowed_hosts: Collection[str] = (),
    on_ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve predictions until the process is interrupted.

    Args:
        predictor: Predicts.
        name: Name of the network.
        host: Address to listen at.
        port: Port; 0 selects a free one.
        most_rows: Most rows of a request.
        allowed_hosts: Host names that requests may be for, besides those of this machine; if
            other machines can connect, any IP address is allowed, too.
        on_ready: Called with the URL when requests are answered.

    Raises:
        InputError: The address cannot be used, or an allowed name is none.
    """
    with _bound(host, port) as listening:
        address, number = listening.getsockname()[:2]
        hosts = AllowedHosts.of(host, address, allowed_hosts)
        app = prediction_app(predictor, name, most_rows=most_rows, allowed_hosts=hosts)
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)
        on_ready(f"http://{shown}:{number}/")
        uvicorn.Server(config).run(sockets=[listening])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise address_error(error, host, port) from None
    return listening
