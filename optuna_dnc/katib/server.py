"""gRPC server of the suggestion service ``api.v1.beta1.Suggestion``, and its messages.

The messages are described here rather than generated from a ``.proto`` file: generated code
demands the version of protobuf that it was generated for. Descriptors are in a pool of their own,
since Katib's Python package describes the same names. Fields that are not listed, such as those
of neural architecture search, are skipped, as protobuf does with fields of a later version.
``benchmarks/robustness/katib_stubs.py`` compares the table with Katib's.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from typing_extensions import Self

from optuna_dnc._errors import InputError
from optuna_dnc._web_access import address_error
from optuna_dnc.katib.suggestions import suggest, validate

PACKAGE = "api.v1.beta1"

ENUMS: dict[str, tuple[str, ...]] = {
    "ParameterType": ("UNKNOWN_TYPE", "DOUBLE", "INT", "DISCRETE", "CATEGORICAL"),
    "Distribution": (
        "DISTRIBUTION_UNSPECIFIED",
        "UNIFORM",
        "LOG_UNIFORM",
        "NORMAL",
        "LOG_NORMAL",
    ),
    "ObjectiveType": ("UNKNOWN", "MINIMIZE", "MAXIMIZE"),
    "TrialStatus.TrialConditionType": (
        "CREATED",
        "RUNNING",
        "SUCCEEDED",
        "KILLED",
        "FAILED",
        "METRICSUNAVAILABLE",
        "EARLYSTOPPED",
        "UNKNOWN",
    ),
}
"""Names of the values 0, 1, ... of each enum."""

MESSAGES: dict[str, dict[int, tuple[str, str]]] = {
    "Experiment": {1: ("name", "string"), 2: ("spec", "ExperimentSpec")},
    "ExperimentSpec": {
        1: ("parameter_specs", "ExperimentSpec.ParameterSpecs"),
        2: ("objective", "ObjectiveSpec"),
        3: ("algorithm", "AlgorithmSpec"),
    },
    "ExperimentSpec.ParameterSpecs": {1: ("parameters", "ParameterSpec*")},
    "ParameterSpec": {
        1: ("name", "string"),
        2: ("parameter_type", "ParameterType"),
        3: ("feasible_space", "FeasibleSpace"),
    },
    "FeasibleSpace": {
        1: ("max", "string"),
        2: ("min", "string"),
        3: ("list", "string*"),
        4: ("step", "string"),
        5: ("distribution", "Distribution"),
    },
    "ObjectiveSpec": {1: ("type", "ObjectiveType"), 3: ("objective_metric_name", "string")},
    "AlgorithmSpec": {
        1: ("algorithm_name", "string"),
        2: ("algorithm_settings", "AlgorithmSetting*"),
    },
    "AlgorithmSetting": {1: ("name", "string"), 2: ("value", "string")},
    "Trial": {1: ("name", "string"), 2: ("spec", "TrialSpec"), 3: ("status", "TrialStatus")},
    "TrialSpec": {
        3: ("parameter_assignments", "TrialSpec.ParameterAssignments"),
        4: ("labels", "TrialSpec.LabelsEntry*"),
    },
    "TrialSpec.ParameterAssignments": {1: ("assignments", "ParameterAssignment*")},
    "TrialSpec.LabelsEntry": {1: ("key", "string"), 2: ("value", "string")},
    "ParameterAssignment": {1: ("name", "string"), 2: ("value", "string")},
    "TrialStatus": {
        1: ("start_time", "string"),
        3: ("condition", "TrialStatus.TrialConditionType"),
        4: ("observation", "Observation"),
    },
    "Observation": {1: ("metrics", "Metric*")},
    "Metric": {1: ("name", "string"), 2: ("value", "string")},
    "GetSuggestionsRequest": {
        1: ("experiment", "Experiment"),
        2: ("trials", "Trial*"),
        4: ("current_request_number", "int32"),
        5: ("total_request_number", "int32"),
    },
    "GetSuggestionsReply": {
        1: ("parameter_assignments", "GetSuggestionsReply.ParameterAssignments*")
    },
    "GetSuggestionsReply.ParameterAssignments": {
        1: ("assignments", "ParameterAssignment*"),
        3: ("labels", "GetSuggestionsReply.ParameterAssignments.LabelsEntry*"),
    },
    "GetSuggestionsReply.ParameterAssignments.LabelsEntry": {
        1: ("key", "string"),
        2: ("value", "string"),
    },
    "ValidateAlgorithmSettingsRequest": {1: ("experiment", "Experiment")},
    "ValidateAlgorithmSettingsReply": {},
}
"""Fields of each message by number: name and type, with ``*`` if it is repeated."""

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {"string": _Field.TYPE_STRING, "int32": _Field.TYPE_INT32}


def message_type(name: str) -> type[Message]:
    """Return the class of a message.

    Args:
        name: Name within the package.
    """
    found: type[Message] = message_factory.GetMessageClass(
        _POOL.FindMessageTypeByName(f"{PACKAGE}.{name}")
    )
    return found


def as_dict(message: Message) -> dict[str, Any]:
    """Return a message as a dictionary: enums by their names, fields that are not set as empty."""
    values: dict[str, Any] = json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        descriptor_pool=_POOL,
    )
    return values


def as_message(name: str, values: Mapping[str, Any]) -> Message:
    """Return the message with these values."""
    message: Message = json_format.ParseDict(values, message_type(name)(), descriptor_pool=_POOL)
    return message


def _pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(
        name="optuna_dnc/katib_suggestion.proto", package=PACKAGE, syntax="proto3"
    )
    created: dict[str, Any] = {}
    for name in sorted(MESSAGES):  # outer messages before those within them
        outer, _, own = name.rpartition(".")
        message = (created[outer].nested_type if outer else file.message_type).add(name=own)
        created[name] = message
        message.options.map_entry = own.endswith("Entry")
        for number, (field, kind) in MESSAGES[name].items():
            _add_field(message, number, field, kind)
    for name, values in ENUMS.items():
        outer, _, own = name.rpartition(".")
        enum = (created[outer] if outer else file).enum_type.add(name=own)
        for number, value in enumerate(values):
            enum.value.add(name=value, number=number)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _add_field(message: Any, number: int, name: str, kind: str) -> None:
    is_repeated, kind = kind.endswith("*"), kind.rstrip("*")
    label = _Field.LABEL_REPEATED if is_repeated else _Field.LABEL_OPTIONAL
    field = message.field.add(name=name, number=number, label=label)
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _Field.TYPE_ENUM if kind in ENUMS else _Field.TYPE_MESSAGE
        field.type_name = f".{PACKAGE}.{kind}"


_POOL = _pool()


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
