"""Trace of a sample through a network: which module passed it on to which, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

INPUT = -1
"""Stands for the sample itself where a call is named by its position."""


@dataclass
class Call:
    """A module that was called, and the functions that were applied to its output."""

    module: nn.Module
    shape: tuple[int, ...]
    """Of the output for one sample."""
    n_params: int
    """Parameters that no call before had."""
    functions: list[str] = field(default_factory=list)
    """Names of functions that its output went through."""


@dataclass(frozen=True)
class Block:
    """Calls that belong together: a module whose output has a shortcut from its own input."""

    module: nn.Module
    first: int
    """Position of the first call."""
    end: int
    """One more than that of the last."""


@dataclass(frozen=True)
class Trace:
    """The calls, blocks and shortcuts on the way of the sample."""

    calls: Sequence[Call]
    shortcuts: Sequence[tuple[int, int]]
    """Calls whose output was joined with that of a later one, and the later one."""
    blocks: Sequence[Block]


def traced(network: nn.Module, sample: torch.Tensor) -> Trace:
    """Call the network once, in eval mode.

    Args:
        network: Any module that takes one tensor.
        sample: ``(1, *input_shape)``, on the network's device.
    """
    tracer = _Tracer(network, sample)
    hooks = list(tracer.hooks(network))
    try:
        with torch.no_grad(), tracer:
            network.eval()(sample)
    finally:
        for hook in hooks:
            hook.remove()
    return Trace(tracer.calls, tracer.shortcuts, tracer.blocks)


@dataclass
class _Frame:
    """A container that is being called."""

    first: int
    """Position of the first call in it."""
    inputs: set[int]
    """What its input is made of."""
    is_block: bool = False


class _Tracer(TorchFunctionMode):
    def __init__(self, network: nn.Module, sample: torch.Tensor) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.shortcuts: list[tuple[int, int]] = []
        self.blocks: list[Block] = []
        self._network = network
        self._maker = {id(sample): INPUT}
        # As long as they live, no other tensor gets their id.
        self._alive: list[torch.Tensor] = [sample]
        self._counted: set[int] = set()
        self._parts_open = 0
        self._frames: list[_Frame] = []

    def hooks(self, network: nn.Module) -> Iterator[Any]:
        """Register the hooks that record the calls of every module."""
        for module in network.modules():
            if module is network and not _is_part(module):
                continue
            enter, leave = (
                (self._enter_part, self._leave_part)
                if _is_part(module)
                else (self._enter_frame, self._leave_frame)
            )
            yield module.register_forward_pre_hook(enter, with_kwargs=True)
            yield module.register_forward_hook(leave, with_kwargs=True)

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        output = function(*args, **(kwargs or {}))
        if self._parts_open == 0:
            self._note_function(function.__name__, self._makers((args, kwargs)), output)
        return output

    def _note_function(self, name: str, makers: set[int], output: Any) -> None:
        if not makers or not any(True for _ in _tensors(output)):
            return
        last = max(makers)
        self._note_shortcuts(makers - {last}, last)
        self._note_maker(output, last)
        if name in FUNCTIONS and last == len(self.calls) - 1 >= 0:
            self.calls[last].functions.append(FUNCTIONS[name])
            self.calls[last].shape = _shape(output)

    def _note_shortcuts(self, starts: set[int], end: int) -> None:
        if not starts:
            return
        frame = self._frames[-1] if self._frames else None
        if frame is not None and all(i >= frame.first or i in frame.inputs for i in starts):
            frame.is_block = True
        else:
            self.shortcuts += [(start, end) for start in sorted(starts)]

    def _enter_part(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        self._parts_open += 1

    def _leave_part(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        self._parts_open -= 1
        if self._parts_open:
            return
        new = {id(p): p.numel() for p in module.parameters() if id(p) not in self._counted}
        self._counted |= new.keys()
        makers = self._makers((args, kwargs))
        position = len(self.calls)
        self.calls.append(Call(module, _shape(output), sum(new.values())))
        self._note_shortcuts(makers - {max(makers, default=INPUT)}, position)
        self._note_maker(output, position)

    def _enter_frame(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        # What it is given beside its input, such as a shortcut to add, comes from elsewhere.
        self._frames.append(_Frame(len(self.calls), self._makers(args[:1])))

    def _leave_frame(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        frame = self._frames.pop()
        if frame.is_block:
            self.blocks.append(Block(module, frame.first, len(self.calls)))

    def _makers(self, values: Any) -> set[int]:
        return {self._maker[id(x)] for x in _tensors(values) if id(x) in self._maker}

    def _note_maker(self, output: Any, position: int) -> None:
        for tensor in _tensors(output):
            self._maker[id(tensor)] = position
            self._alive.append(tensor)


def _is_part(module: nn.Module) -> bool:
    """Return whether a module is drawn as a whole: it is a leaf, or a composite of torch's own."""
    if not any(True for _ in module.children()):
        return True
    containers = nn.Sequential | nn.ModuleList | nn.ModuleDict
    return type(module).__module__.startswith("torch.nn.") and not isinstance(module, containers)


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    if isinstance(values, torch.Tensor):
        yield values
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)
    elif isinstance(values, Mapping):
        yield from _tensors(list(values.values()))


def _shape(output: Any) -> tuple[int, ...]:
    first = next(_tensors(output), None)
    return () if first is None else tuple(first.shape[1:])


_OWN_WORDS = {"maxpool": "max pool", "avgpool": "average pool"}
FUNCTIONS = {
    "relu": "relu",
    "gelu": "gelu",
    "silu": "silu",
    "leaky_relu": "leaky relu",
    "elu": "elu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
    "mean": "average",
    "max_pool1d": "max pool",
    "max_pool2d": "max pool",
    "avg_pool2d": "average pool",
    "adaptive_avg_pool2d": "average pool",
}
"""Functions that are worth a word where a network calls them itself."""


def is_weighted(module: nn.Module) -> bool:
    """Return whether a module has a matrix of weights, and so a row; a batch norm has none."""
    return any(parameter.dim() > 1 for parameter in module.parameters())


def name_of(module: nn.Module) -> str:
    """Return ``conv 3×3``, ``linear``, ``batch norm``, ``dropout 0.2`` or ``my own block``."""
    if is_weighted(module) and hasattr(module, "kernel_size"):
        return _convolution(module)
    name = words(type(module).__name__)
    if type(module).__module__ == "torch.nn.modules.activation":
        name = type(module).__name__.lower()
    number = _own_number(module)
    return name if number is None else f"{name} {number}"


def words(class_name: str) -> str:
    """Return ``residual block`` for ``ResidualBlock``; a dimension at the end is left out."""
    plain = re.sub(r"\d[dD]$", "", class_name).lstrip("_")
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain).lower()
    return _OWN_WORDS.get(split, split)


def _own_number(module: Any) -> str | None:
    if isinstance(getattr(module, "p", None), float):
        return f"{module.p:g}"
    size = getattr(module, "kernel_size", None)
    return str(size) if isinstance(size, int) else None


def _convolution(module: Any) -> str:
    kind = "transposed conv" if module.transposed else "conv"
    size = "×".join(map(str, module.kernel_size))
    stride = max(module.stride)
    return f"{kind} {size}" if stride == 1 else f"{kind} {size}, stride {stride}"
