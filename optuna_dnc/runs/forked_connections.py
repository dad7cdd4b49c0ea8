"""Connections to servers, which processes that are forked leave to their parent."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine
from sqlalchemy.event import listens_for

_open: WeakSet[Any] = WeakSet()
"""Connections of drivers."""


def leave_to_parent(engine: Engine) -> None:
    """Have processes that are forked from now on let go of the connections of an engine.

    A server frees the locks of a process that was killed when its connection is closed. A fork,
    such as a process of a pool that has nothing to do, would keep it open.

    Args:
        engine: The engine, whose open connections are closed.
    """

    @listens_for(engine, "connect")
    def note(connection: Any, record: Any) -> None:
        del record
        with suppress(TypeError):  # a driver whose connections have no weak references
            _open.add(connection)

    engine.dispose()  # the connection that opened the storage


def _let_go() -> None:
    """Close the sockets in this process alone, and say nothing to the server.

    To the objects of the driver, the server seems to have gone: a pool connects again.
    """
    here, there = socket.socketpair()
    there.close()
    for connection in list(_open):
        number = _socket_of(connection)
        if number is not None:
            os.dup2(here.fileno(), number, inheritable=False)
    here.close()


def _socket_of(connection: Any) -> int | None:
    """Return the number of a connection's socket; None if it is closed."""
    holders: tuple[Any, ...] = (connection, getattr(connection, "_sock", None))  # PyMySQL's
    for holder in holders:
        with suppress(Exception):  # each driver has errors of its own
            number = holder.fileno()
            if isinstance(number, int) and number >= 0:
                return number
    return None


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_let_go)
