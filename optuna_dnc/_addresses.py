"""Reasons why a server cannot listen at an address."""

from __future__ import annotations

import errno
import socket

from optuna_dnc._errors import InputError, brief, shown

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
