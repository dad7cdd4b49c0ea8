"""Storages behind Optuna's gRPC proxy."""

from __future__ import annotations

import warnings
from urllib.parse import urlsplit

from optuna.exceptions import ExperimentalWarning
from optuna.storages import GrpcStorageProxy

from optuna_dnc._errors import InputError
from optuna_dnc._passwords import without_passwords
from optuna_dnc.runs.persistent import persistent

PATIENCE = 10.0
"""Seconds in which a proxy must answer when it is opened."""

_DEFAULT_PORT = 13000

PersistentProxy = persistent(GrpcStorageProxy)


def open_proxy(url: str) -> GrpcStorageProxy:
    """Open the storage behind a proxy, ``grpc://HOST:PORT``.

    Raises:
        InputError: The URL has more than host and port.
        ConnectionError: The proxy does not answer.
    """
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc or parts.path.strip("/") or parts.query:
        raise InputError(
            "storage: the URL of a gRPC proxy is grpc://HOST:PORT, without user, password, path "
            f"and options, got {without_passwords(repr(url), url)}; change it."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        proxy = PersistentProxy(host=host, port=parts.port or _DEFAULT_PORT)
    try:
        proxy.wait_server_ready(timeout=PATIENCE)
    except ConnectionError:  # whose cause has no message
        raise ConnectionError(f"no answer within {PATIENCE:g} seconds") from None
    return proxy
