"""Who is answered by the dashboard, asked over HTTP with the headers that browsers send."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest

from optuna_dnc._web_access import AllowedHosts
from optuna_dnc.report.dashboard.server import DashboardServer, bind
from tests.report.dashboard_server import served

FORBIDDEN = 403


@contextmanager
def listening(host: str, *allowed_hosts: str) -> Iterator[DashboardServer]:
    """A server of this kind with one small page."""

    def page(environ: object, start_response: object) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"here"]

    with bind(host, 0, allowed_hosts) as server:
        server.set_app(page)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def asked(server: DashboardServer, method: str = "GET", path: str = "/", **headers: str) -> int:
    """The status of the answer; ``Host`` and other headers by name, with ``_`` for ``-``."""
    address = {"0.0.0.0": "127.0.0.1"}.get(str(server.server_address[0]))
    connection = http.client.HTTPConnection(
        address or str(server.server_address[0]), server.server_port, timeout=30
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.putrequest(method, path, skip_host="Host" in named)
        for name, value in named.items():
            if value:
                connection.putheader(name, value.format(port=server.server_port))
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture(scope="module")
def local() -> Iterator[DashboardServer]:
    with listening("127.0.0.1") as server:
        yield server


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:{port}",
        "localhost",
        "LOCALHOST:{port}",
        "[::1]",
        "[::1]:{port}",
        # What ssh -L 9999:127.0.0.1:8080 and -p 9999:8080 of a container lead to.
        "localhost:9999",
    ],
)
def test_names_of_this_machine_are_answered(local: DashboardServer, host: str) -> None:
    assert asked(local, Host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:{port}",
        "127.0.0.1.rebound.example:{port}",
        "localhost.rebound.example",
        "localhost:80@rebound.example",
        "127.0.0.1:{port}, rebound.example",
        "[::1].rebound.example",
        "192.0.2.7:{port}",
        "[2001:db8::7]",
        "",
    ],
)
def test_other_names_are_refused(local: DashboardServer, host: str) -> None:
    assert asked(local, Host=host) == FORBIDDEN


def test_two_names_at_once_are_refused(local: DashboardServer) -> None:
    with socket.create_connection(("127.0.0.1", local.server_port)) as connection:
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n"
            b"Connection: close\r\n\r\n"
        )
        assert b" 403 " in connection.makefile("rb").readline()


@pytest.mark.parametrize(
    "origin",
    [
        "http://rebound.example",
        "http://rebound.example:{port}",
        "https://127.0.0.1",
        # Another server on this machine, such as a notebook.
        "http://127.0.0.1:9",
        "http://localhost:{port}",
        "null",
        "file://",
        "http://127.0.0.1:{port}@rebound.example",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_pages_of_other_servers_are_refused(
    local: DashboardServer, method: str, origin: str
) -> None:
    assert asked(local, method, Host="127.0.0.1:{port}", Origin=origin) == FORBIDDEN


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_its_own_pages_are_answered(local: DashboardServer, method: str, host: str) -> None:
    assert asked(local, method, Host=host, Origin=f"http://{host}") == 200


def test_a_change_from_elsewhere_without_an_origin_is_refused(local: DashboardServer) -> None:
    assert asked(local, "POST", Sec_Fetch_Site="cross-site") == FORBIDDEN
    assert asked(local, "POST", Sec_Fetch_Site="same-origin") == 200
    # A link to the dashboard on another page may be followed.
    assert asked(local, "GET", Sec_Fetch_Site="cross-site") == 200


def test_other_pages_cannot_show_it_in_a_frame(local: DashboardServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", local.server_port)
    connection.request("GET", "/")
    with connection.getresponse() as answer:
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    connection.close()


def test_where_all_networks_may_ask_addresses_and_the_machines_name_are_answered() -> None:
    with listening("0.0.0.0") as server:
        name = socket.gethostname()
        for host in ("127.0.0.1:{port}", "localhost", name, "192.0.2.7:{port}", "[2001:db8::7]"):
            assert asked(server, Host=host) == 200
        assert asked(server, Host="rebound.example:{port}") == FORBIDDEN
        assert asked(server, "POST", Host=name, Origin="http://rebound.example") == FORBIDDEN
        assert asked(server, "POST", Host=name, Origin=f"http://{name}") == 200


def test_the_name_that_it_listens_at_and_that_of_a_proxy_are_answered() -> None:
    with listening("localhost", "plots.example") as server:
        assert asked(server, Host="localhost") == 200
        assert asked(server, Host="plots.example") == 200
        assert asked(server, Host="other.example") == FORBIDDEN
        # A proxy passes on its own name for the dashboard, and the browser's for the page.
        page = "https://plots.example"
        assert asked(server, "POST", Host="127.0.0.1:{port}", Origin=page) == 200


@pytest.mark.parametrize(
    ("headers", "is_by_proxy"),
    [
        ({"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:8080"}, False),
        ({"host": "localhost:9999"}, False),
        ({"host": "Plots.example"}, True),
        ({"host": "127.0.0.1:8080", "origin": "https://plots.example"}, True),
        ({"host": "127.0.0.1:8080", "x-forwarded-for": "192.0.2.7"}, True),
        ({"host": "127.0.0.1:8080", "forwarded": "for=192.0.2.7"}, True),
    ],
)
def test_requests_through_a_proxy_are_known(headers: dict[str, str], is_by_proxy: bool) -> None:
    allowed = AllowedHosts.of(others=["plots.example"])
    assert allowed.problem("POST", headers) is None
    assert allowed.is_by_proxy(headers) == is_by_proxy


def test_who_comes_through_a_proxy_cannot_pause_a_search(finished_copy: Path) -> None:
    with served(finished_copy) as url:
        netloc = url.removeprefix("http://").rstrip("/")
        connection = http.client.HTTPConnection(netloc)
        connection.request("GET", "/run")
        page = connection.getresponse().read().decode()
        token = re.search(r'name="token" content="([\w-]+)"', page)
        assert token is not None
        for added in ({"X-Forwarded-For": "192.0.2.7"}, {}):
            headers = {"Origin": url.rstrip("/"), "X-Token": token[1], **added}
            connection.request("POST", "/run/pause", headers=headers)
            answer = connection.getresponse()
            assert answer.read()
            assert (answer.status == FORBIDDEN) == bool(added)
        connection.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_it_can_listen_at_an_address_of_ipv6() -> None:
    with listening("::1") as server:
        assert server.url == f"http://[::1]:{server.server_port}/"
        assert asked(server) == 200
        assert asked(server, Host="rebound.example") == FORBIDDEN


def test_a_page_that_rebinds_its_name_can_neither_list_nor_delete_studies(
    finished_copy: Path,
) -> None:
    storage = f"sqlite:///{finished_copy}/study.db"
    before = optuna.get_all_study_names(storage)
    with served(finished_copy) as url:
        host, port = url.removeprefix("http://").rstrip("/").split(":")
        for method, path in (("GET", "/api/studies"), ("DELETE", "/api/studies/1")):
            connection = http.client.HTTPConnection(host, int(port))
            connection.request(method, path, headers={"Host": f"rebound.example:{port}"})
            with connection.getresponse() as answer:
                assert answer.status == FORBIDDEN
                assert b"run/" not in answer.read()
            connection.close()
    assert optuna.get_all_study_names(storage) == before


def test_its_own_page_can_still_delete_a_study(finished_copy: Path) -> None:
    storage = f"sqlite:///{finished_copy}/study.db"
    n_before = len(optuna.get_all_study_names(storage))
    with served(finished_copy) as url:
        netloc = url.removeprefix("http://").rstrip("/")
        connection = http.client.HTTPConnection(netloc)
        headers = {"Origin": url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        connection.request("DELETE", "/api/studies/1", headers=headers)
        with connection.getresponse() as answer:
            assert answer.status == 204
        connection.close()
    assert len(optuna.get_all_study_names(storage)) == n_before - 1
