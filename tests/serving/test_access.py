"""Who is answered by the prediction service, asked over HTTP with the headers browsers send."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from optuna_dnc import InputError
from optuna_dnc._web_access import AllowedHosts
from optuna_dnc.serving.app import Guarded

FORBIDDEN = 403


def application(allowed: AllowedHosts) -> FastAPI:
    """A guarded application with one page and one WebSocket."""
    app = FastAPI()
    app.add_middleware(Guarded, allowed=allowed)

    @app.api_route("/", methods=["GET", "POST"])
    def page() -> str:
        return "here"

    @app.websocket("/live")
    async def live(connection: WebSocket) -> None:
        await connection.accept()
        await connection.close()

    return app


@contextmanager
def listening(host: str, *allowed_hosts: str) -> Iterator[tuple[str, int]]:
    """The address of a server, as the command ``serve`` guards it."""
    with socket.create_server((host, 0)) as bound:
        address, port = bound.getsockname()[:2]
        app = application(AllowedHosts.of(host, address, allowed_hosts))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield "127.0.0.1", port
        finally:
            server.should_exit = True
            thread.join()


def asked(
    at: tuple[str, int], *headers: tuple[str, str], method: str = "GET", target: str = "/"
) -> int:
    """The status of the answer to a request with these headers alone."""
    connection = http.client.HTTPConnection(*at, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.format(port=at[1]))
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture(scope="module")
def local() -> Iterator[tuple[str, int]]:
    with listening("127.0.0.1") as at:
        yield at


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:{port}", "LocalHost:{port}", "[::1]", "[::1]:{port}", "127.0.0.2"],
)
def test_names_of_this_machine_are_answered(local: tuple[str, int], host: str) -> None:
    assert asked(local, ("Host", host)) == 200
    assert asked(local, ("Host", host), ("Origin", f"http://{host}")) == 200


@pytest.mark.parametrize(
    "host",
    ["rebound.example", "rebound.example:{port}", "127.0.0.1.rebound.example", "192.0.2.7", ""],
)
def test_other_names_are_refused(local: tuple[str, int], host: str) -> None:
    assert asked(local, ("Host", host)) == FORBIDDEN


def test_two_names_at_once_are_not_answered(local: tuple[str, int]) -> None:
    both = ("Host", "localhost"), ("Host", "rebound.example")
    assert asked(local, *both) in (400, FORBIDDEN)
    assert asked(local, *reversed(both)) in (400, FORBIDDEN)


@pytest.mark.parametrize(
    "origin",
    ["http://rebound.example:{port}", "http://127.0.0.1:9", "https://127.0.0.1", "null"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_pages_of_other_servers_are_refused(
    local: tuple[str, int], method: str, origin: str
) -> None:
    headers = ("Host", "127.0.0.1:{port}"), ("Origin", origin)
    assert asked(local, *headers, method=method) == FORBIDDEN


def test_a_form_of_another_page_without_an_origin_is_refused(local: tuple[str, int]) -> None:
    headers = ("Host", "127.0.0.1:{port}"), ("Sec-Fetch-Site", "cross-site")
    assert asked(local, *headers, method="POST") == FORBIDDEN


def test_a_url_in_the_request_line_does_not_replace_the_host(local: tuple[str, int]) -> None:
    url = "http://localhost/"
    assert asked(local, ("Host", "rebound.example"), target=url) == FORBIDDEN


def test_where_all_networks_may_ask_other_names_are_still_refused() -> None:
    with listening("0.0.0.0", "Predict.example") as at:
        for host in ("192.0.2.7:{port}", "[2001:db8::7]", socket.gethostname(), "predict.example"):
            assert asked(at, ("Host", host)) == 200
        assert asked(at, ("Host", "rebound.example")) == FORBIDDEN


def test_a_websocket_of_another_page_is_closed() -> None:
    client = TestClient(application(AllowedHosts.of()), base_url="http://localhost")
    with client.websocket_connect("ws://localhost/live", headers={"Origin": "http://localhost"}):
        pass
    refused: Any
    for refused in ({"Origin": "http://rebound.example"}, {"Host": "rebound.example"}):
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect("ws://localhost/live", headers=refused),
        ):
            pass


@pytest.mark.parametrize("name", ["http://plots.example", "plots.example:80", "*", "", "a b"])
def test_an_allowed_host_has_to_be_a_name(name: str) -> None:
    with pytest.raises(InputError, match="is not the name of a host; give a name"):
        AllowedHosts.of(others=[name])
