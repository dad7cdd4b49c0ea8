"""Locks in Redis, which end half a minute after their holder is gone."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from platform import node
from typing import TYPE_CHECKING
from uuid import uuid4

from optuna_dnc._locks import KeptLock, polled
from optuna_dnc._retrying import retried

if TYPE_CHECKING:
    from redis import Redis

SECONDS = 30.0
"""Seconds after which a lock ends that its holder does not renew."""

BEAT = 1.0
"""Seconds between two renewals."""

_TAKE = """
local holder = redis.call('get', KEYS[1])
local is_here = holder and ARGV[3] ~= '' and string.sub(holder, 1, #ARGV[3]) == ARGV[3]
if holder and holder ~= ARGV[1] and not is_here then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 1
"""
_RENEW = """
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 1
"""
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end
return 1
"""


class RedisLocks:
    """Locks by name within a Redis database, for workers on any number of hosts.

    A lock is a key with a token of its holder (``SET NX PX``). While locks are held, a thread
    renews them; one that the server has lost is taken again, and one that somebody else has got
    meanwhile is lost. A worker that is lost with its machine keeps its locks for :data:`SECONDS`.

    Each lock is taken while the lock on a file of the same name is held, see
    :func:`optuna_dnc.runs.sharing.locks_of`. A holder on the same host would hold this file: its
    process has ended, and its lock is free at once.

    Args:
        client: Client of the server.
        scope: What the names belong to, such as the name of a run.
        host: Name of this host that no other has; empty if it is unknown, None to find it.
        seconds: Seconds after which a lock ends that is not renewed; None for :data:`SECONDS`.
    """

    def __init__(
        self,
        client: Redis,
        scope: str,
        host: str | None = None,
        seconds: float | None = None,
    ) -> None:
        self._client = client
        self._scope = scope
        self._host = _this_host() if host is None else host
        self._seconds = SECONDS if seconds is None else seconds
        self._held: dict[str, RedisLock] = {}
        self._guard = threading.RLock()
        self._keeper: threading.Thread | None = None

    def take(self, name: str, timeout: float = 0.0) -> RedisLock | None:
        """Acquire a lock; None if it is still held after ``timeout`` seconds, -1 to wait on.

        Threads of this process exclude each other, too.
        """
        lock = RedisLock(self, name, f"{self._host}{uuid4().hex}")
        attempt = partial(retried, partial(self._try, lock))
        return polled(lambda: lock if attempt() else None, timeout)

    def forget(self, name: str) -> None:
        """Nothing is stored for a lock that nobody holds."""

    def holds(self, lock: RedisLock) -> bool:
        """Return whether a lock is held, as far as is known."""
        return self._held.get(lock.name) is lock and time.monotonic() < lock.ends

    def release(self, lock: RedisLock) -> None:
        """Release a lock; does nothing if it is not held."""
        from redis import RedisError

        with self._guard:
            if self._held.get(lock.name) is lock:
                del self._held[lock.name]
                with suppress(RedisError):  # it ends by itself
                    self._ask(_RELEASE, lock)

    def _try(self, lock: RedisLock) -> bool:
        with self._guard:
            if lock.name in self._held or not self._extended(_TAKE, lock):
                return False
            self._held[lock.name] = lock
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, daemon=True)
                self._keeper.start()
            return True

    def _extended(self, script: str, lock: RedisLock) -> bool:
        """Take or renew a lock, and note how long it lasts; return whether it is held."""
        asked = time.monotonic()
        is_held = self._ask(script, lock)
        if is_held:
            lock.ends = asked + self._seconds
        return is_held

    def _ask(self, script: str, lock: RedisLock) -> bool:
        key = f"optuna_dnc:lock:{self._scope}:{lock.name}"
        milliseconds = round(1000 * self._seconds)
        return bool(self._client.eval(script, 1, key, lock.token, str(milliseconds), self._host))

    def _keep(self) -> None:
        """Renew the locks while any are held."""
        from redis import RedisError

        while True:
            time.sleep(BEAT)
            with self._guard:
                if not self._held:
                    self._keeper = None
                    return
                with suppress(RedisError):  # the next beat tries again
                    for lock in list(self._held.values()):
                        if not self._extended(_RENEW, lock):
                            del self._held[lock.name]


class RedisLock(KeptLock):
    """A lock from :class:`RedisLocks`."""

    def __init__(self, locks: RedisLocks, name: str, token: str) -> None:
        super().__init__(locks, name)
        self.token = token
        self.ends = 0.0
        """When it ends unless it is renewed, by the monotonic clock."""


def _this_host() -> str:
    """Return a name that only processes of this kernel have; empty where there is none."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{node()}/{boot}/"
    return ""
