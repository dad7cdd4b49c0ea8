"""Messages of Katib's service ``api.v1.beta1.Suggestion``, as far as suggestions need them.

They are described here rather than generated from a ``.proto`` file: generated code demands the
version of protobuf that it was generated for. Descriptors are in a pool of their own, since
Katib's Python package describes the same names. Fields that are not listed, such as those of
neural architecture search, are skipped, as protobuf does with fields of a later version.
``benchmarks/robustness/katib_stubs.py`` compares the table with Katib's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message

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
