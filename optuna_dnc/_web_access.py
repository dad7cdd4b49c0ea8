"""Protection of servers on this machine, and reasons why one cannot listen at an address.

Any page in a browser can send requests to this machine. With DNS rebinding, where its own name
resolves to 127.0.0.1, it can even read the responses. Both attacks are detected by headers that a
page cannot change: ``Host`` is the name that the browser resolved, ``Origin`` the sending page.
"""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from optuna_dnc._errors import InputError, brief, shown

_NAME = r"\[[0-9a-f:.]+\]|[a-z0-9._-]+"
_AUTHORITY = re.compile(rf"(?P<name>{_NAME})(?::(?P<port>[0-9]{{1,5}}))?", re.I)
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/]+)", re.I)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_OTHER_SITES = ("cross-site", "same-site")
_READS = ("GET", "HEAD")
_OF_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


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
    def of(
        cls, host: str = "127.0.0.1", address: str = "127.0.0.1", others: Collection[str] = ()
    ) -> AllowedHosts:
        """Create the names of a server.

        Args:
            host: Address or name given by the user.
            address: The address that it resolves to.
            others: More names, such as that of a proxy.

        Raises:
            InputError: One of the other names is none.
        """
        is_local = ipaddress.ip_address(address).is_loopback
        machine = socket.gethostname().lower()
        own = () if is_local else (machine, f"{machine}.local")
        proxies = frozenset(_checked(name) for name in others)
        names = frozenset({"localhost", host.lower(), *own, *proxies})
        return cls(names, proxies, any_address=not is_local)

    def problem(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Return why a request is refused; None if it is not.

        Args:
            method: Method of the request; that of a WebSocket is no read.
            headers: Headers by name in lower case; several of one name are joined by commas.
        """
        host = _AUTHORITY.fullmatch(headers.get("host", ""))
        if host is None or not self.allow(host["name"]):
            return (
                "The Host header is not a name of this server. Use its IP address, "
                "or start it with --allowed-host NAME."
            )
        origin = headers.get("origin")
        if origin is not None and not self._is_own(origin, host):
            return "The Origin header names another page, which may not use this server."
        if method not in _READS and headers.get("sec-fetch-site") in _OTHER_SITES:
            return "This request comes from another page, which may only read."
        return None

    def is_by_proxy(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request came through a proxy, so that its address is not the sender's.

        Args:
            headers: As for :meth:`problem`.
        """
        origin = _ORIGIN.fullmatch(headers.get("origin", ""))
        used = (headers.get("host", ""), origin["authority"] if origin else "")
        names = {match["name"].lower() for match in map(_AUTHORITY.fullmatch, used) if match}
        return bool(names & self.proxies) or any(name in headers for name in _OF_PROXIES)

    def allow(self, name: str) -> bool:
        """Return whether the name of a Host header, without its port, is allowed."""
        if name.lower() in self.names:
            return True
        try:
            address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return self.any_address or address.is_loopback

    def _is_own(self, origin: str, host: re.Match[str]) -> bool:
        """Return whether an origin has the host and port of the server, or a proxy's name."""
        match = _ORIGIN.fullmatch(origin)
        page = match and _AUTHORITY.fullmatch(match["authority"])
        if not match or not page:
            return False
        if page["name"].lower() in self.proxies:
            return True
        default = _DEFAULT_PORTS[match["scheme"].lower()]
        is_same_port = int(page["port"] or default) == int(host["port"] or default)
        return page["name"].lower() == host["name"].lower() and is_same_port


def _checked(name: str) -> str:
    """Return the name of a proxy in lower case."""
    if not re.fullmatch(_NAME, name, re.I):
        raise InputError(
            f"allowed_host: {shown(name)} is not the name of a host; give a name such as "
            "plots.example, without http:// and port."
        )
    return name.lower()


LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Addresses that only this machine can reach."""


def address_error(error: OSError, host: str, port: int) -> InputError:
    """Return an error that says why a server cannot listen at an address.

    Args:
        error: Error of the socket.
        host: Address or name of this machine.
        port: Port.
    """
    default = "leave it out for 127.0.0.1, or give 0.0.0.0 for all networks"
    if isinstance(error, socket.gaierror):
        return InputError(
            f"host: {shown(host)} is not an IP address or name of this machine "
            f"({error.strerror}); {default}."
        )
    if error.errno == errno.EADDRINUSE:
        return InputError(
            f"port: {port} is in use on {host}; choose another, such as port={port + 1}."
        )
    if error.errno == errno.EACCES:
        return InputError(f"port: {port} is reserved for the system; choose one above 1023.")
    if error.errno == errno.EADDRNOTAVAIL:
        return InputError(f"host: {shown(host)} is not an address of this machine; {default}.")
    return InputError(f"host and port: {host}:{port} cannot be used ({brief(error)}).")
