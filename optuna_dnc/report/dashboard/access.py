"""Who may use the dashboard: pages that it served itself, under names that are its own.

Any page that a browser shows can send requests to this machine. A page whose name its owner lets
point to 127.0.0.1 (DNS rebinding) can even read the answers. Both are told by headers that no page
can change: ``Host`` is the name that the browser looked up, ``Origin`` the page that sends.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""

_AUTHORITY = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?", re.I)
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/]+)", re.I)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FROM_ELSEWHERE = ("cross-site", "same-site")
_READS = ("GET", "HEAD")


@dataclass(frozen=True)
class AllowedHosts:
    """The names under which a server may be asked."""

    names: frozenset[str]
    """Names and addresses in lower case."""
    proxies: frozenset[str] = frozenset()
    """Those of them whose pages may have another port, because a proxy passes them on."""
    any_address: bool = False
    """Whether any IP address will do: nobody can make one point elsewhere, and which addresses
    lead here (of a container's host, of a router) is not known here."""

    @classmethod
    def of(cls, host: str, address: str, others: Collection[str] = ()) -> AllowedHosts:
        """The names of a server.

        Args:
            host: What the user asked to listen at.
            address: The address that this turned out to be.
            others: More names, such as that of a proxy.
        """
        is_local = ipaddress.ip_address(address).is_loopback
        machine = socket.gethostname().lower()
        own = () if is_local else (machine, f"{machine}.local")
        proxies = frozenset(name.lower() for name in others)
        names = frozenset({"localhost", host.lower(), *own, *proxies})
        return cls(names, proxies, any_address=not is_local)

    def allow(self, name: str) -> bool:
        """Whether ``name``, as a Host header has it but without a port, is one of them."""
        if name.lower() in self.names:
            return True
        try:
            address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return self.any_address or address.is_loopback


def guarded(app: App, allowed: AllowedHosts) -> App:
    """Answer 403 to requests under a foreign name, or from a page of another server.

    Also forbid other pages to show the answers in a frame, where clicks could be led astray.

    Args:
        app: What is guarded.
        allowed: The names of the server.
    """

    def checked(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        problem = _problem(environ, allowed)
        if problem is None:
            return app(environ, _without_frames(start_response))
        body = f"{problem}\n".encode()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        start_response("403 Forbidden", headers)
        return [body]

    return checked


def _problem(environ: dict[str, Any], allowed: AllowedHosts) -> str | None:
    host = _AUTHORITY.fullmatch(environ.get("HTTP_HOST", ""))
    if host is None or not allowed.allow(host["name"]):
        return (
            "The Host of this request is not a name of this dashboard. Open it by its IP address, "
            "or start it with allowed_hosts=NAME."
        )
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_own(origin, host, allowed):
        return "The Origin of this request is another page; only the dashboard's own are answered."
    is_read = environ["REQUEST_METHOD"] in _READS
    if not is_read and environ.get("HTTP_SEC_FETCH_SITE") in _FROM_ELSEWHERE:
        return "This request comes from another page; only the dashboard's own may change it."
    return None


def _is_own(origin: str, host: re.Match[str], allowed: AllowedHosts) -> bool:
    """Whether a page is of this server: of the same name and port, or of a proxy's name."""
    found = _ORIGIN.fullmatch(origin)
    page = found and _AUTHORITY.fullmatch(found["authority"])
    if not found or not page:
        return False
    if page["name"].lower() in allowed.proxies:
        return True
    default = _DEFAULT_PORTS[found["scheme"].lower()]
    is_same_port = int(page["port"] or default) == int(host["port"] or default)
    return page["name"].lower() == host["name"].lower() and is_same_port


def _without_frames(start_response: Callable[..., Any]) -> Callable[..., Any]:
    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(
            status, [*headers, ("Content-Security-Policy", "frame-ancestors 'none'")], *rest
        )

    return start
