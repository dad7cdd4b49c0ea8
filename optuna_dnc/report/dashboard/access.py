"""Protection of the dashboard against requests from other web pages.

Any page in a browser can send requests to this machine. With DNS rebinding, where its own name
resolves to 127.0.0.1, it can even read the responses. Both attacks are detected by headers that a
page cannot change: ``Host`` is the name that the browser resolved, ``Origin`` the sending page.
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
_OTHER_SITES = ("cross-site", "same-site")
_READS = ("GET", "HEAD")


@dataclass(frozen=True)
class AllowedHosts:
    """Host names that requests to a server may use."""

    names: frozenset[str]
    """Names and addresses in lower case."""
    proxies: frozenset[str] = frozenset()
    """Names among them whose pages may use another port, because a proxy serves them."""
    any_address: bool = False
    """Whether any IP address is allowed. DNS rebinding needs a name, and the addresses that lead
    to this machine, such as that of a container's host, are unknown."""

    @classmethod
    def of(cls, host: str, address: str, others: Collection[str] = ()) -> AllowedHosts:
        """Create the names of a server.

        Args:
            host: Address or name given by the user.
            address: The address that it resolves to.
            others: More names, such as that of a proxy.
        """
        is_local = ipaddress.ip_address(address).is_loopback
        machine = socket.gethostname().lower()
        own = () if is_local else (machine, f"{machine}.local")
        proxies = frozenset(name.lower() for name in others)
        names = frozenset({"localhost", host.lower(), *own, *proxies})
        return cls(names, proxies, any_address=not is_local)

    def allow(self, name: str) -> bool:
        """Return whether the name of a Host header, without its port, is allowed."""
        if name.lower() in self.names:
            return True
        try:
            address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return self.any_address or address.is_loopback


def guarded(app: App, allowed: AllowedHosts) -> App:
    """Reject requests that use another host name or come from another page with status 403.

    Also forbid other pages to embed the dashboard in a frame (clickjacking).

    Args:
        app: Application to protect.
        allowed: Host names of the server.
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
            "The Host header is not a name of this dashboard. Open it by its IP address, "
            "or start it with --allowed-host NAME."
        )
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_own(origin, host, allowed):
        return "The Origin header names another page, which may not use the dashboard."
    is_read = environ["REQUEST_METHOD"] in _READS
    if not is_read and environ.get("HTTP_SEC_FETCH_SITE") in _OTHER_SITES:
        return "This request comes from another page, which may not change the dashboard."
    return None


def _is_own(origin: str, host: re.Match[str], allowed: AllowedHosts) -> bool:
    """Return whether an origin has the host and port of the server, or the name of a proxy."""
    match = _ORIGIN.fullmatch(origin)
    page = match and _AUTHORITY.fullmatch(match["authority"])
    if not match or not page:
        return False
    if page["name"].lower() in allowed.proxies:
        return True
    default = _DEFAULT_PORTS[match["scheme"].lower()]
    is_same_port = int(page["port"] or default) == int(host["port"] or default)
    return page["name"].lower() == host["name"].lower() and is_same_port


def _without_frames(start_response: Callable[..., Any]) -> Callable[..., Any]:
    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(
            status, [*headers, ("Content-Security-Policy", "frame-ancestors 'none'")], *rest
        )

    return start
