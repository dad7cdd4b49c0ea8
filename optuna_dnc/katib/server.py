"""gRPC server of the suggestion service."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from typing_extensions import Self

from optuna_dnc._errors import InputError
from optuna_dnc._web_access import address_error
from optuna_dnc.katib.messages import PACKAGE, as_dict, as_message, message_type
from optuna_dnc.katib.suggestions import suggest, validate

SERVICE = f"{PACKAGE}.Suggestion"
HEALTH_NAME = "manager.v1beta1.Suggestion"
"""Name under which Katib's probes ask whether the service is up."""

_GRACE_SECONDS = 5.0
_LARGEST_REQUEST = 64 * 2**20
_THREADS = 4
_METHODS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "GetSuggestions": suggest,
    "ValidateAlgorithmSettings": validate,
}


class SuggestionServer:
    """Katib's suggestion service, answered by DNCSampler; runs within a ``with`` block.

    Args:
        host: Address to listen at.
        port: Port; 0 selects a free one.

    Raises:
        InputError: The address cannot be used.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 6789) -> None:
        # Without so_reuseport, a port in use is an error and not a share of the requests.
        options = {"grpc.so_reuseport": 0, "grpc.max_receive_message_length": _LARGEST_REQUEST}
        self._server = grpc.server(ThreadPoolExecutor(_THREADS), options=[*options.items()])
        methods = {name: _handler(name, answer) for name, answer in _METHODS.items()}
        service = grpc.method_handlers_generic_handler(SERVICE, methods)
        self._server.add_generic_rpc_handlers((service,))
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._host = f"[{host}]" if ":" in host else host
        self._port = self._bound(host, port)

    def _bound(self, host: str, port: int) -> int:
        try:
            return int(self._server.add_insecure_port(f"{self._host}:{port}"))
        except RuntimeError as error:
            # gRPC does not say why.
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                with socket.socket(family) as probe:
                    probe.bind((host, port))
            except OSError as reason:
                raise address_error(reason, host, port) from None
            raise InputError(f"host and port: {host}:{port} cannot be used ({error}).") from None

    @property
    def address(self) -> str:
        """``HOST:PORT`` of the service."""
        return f"{self._host}:{self._port}"

    def __enter__(self) -> Self:
        self._server.start()
        for name in (HEALTH_NAME, ""):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return self

    def __exit__(self, *raised: object) -> None:
        self._health.enter_graceful_shutdown()
        self._server.stop(_GRACE_SECONDS).wait()

    def wait(self) -> None:
        """Wait until the process is interrupted."""
        self._server.wait_for_termination()


def _handler(
    method: str, answer: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> grpc.RpcMethodHandler:
    def respond(request: Message, context: grpc.ServicerContext) -> Message:
        try:
            values = answer(as_dict(request))
        except InputError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return as_message(f"{method}Reply", values)

    return grpc.unary_unary_rpc_method_handler(
        respond,
        request_deserializer=message_type(f"{method}Request").FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )
