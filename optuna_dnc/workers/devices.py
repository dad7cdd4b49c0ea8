"""GPUs and CPU cores of a machine, assigned to its workers by environment variables."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence

from joblib import cpu_count

from optuna_dnc._errors import InputError

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Variable with the GPUs of a process: indices, UUIDs or names of MIG instances."""

_GPU = re.compile(r"GPU (?P<index>\d+):")
_INSTANCE = re.compile(r"\s+MIG .*\(UUID: (?P<uuid>\S+)\)")


def visible_gpus(
    environment: Mapping[str, str] = os.environ, listing: Callable[[], str] | None = None
) -> tuple[str, ...]:
    """Return the GPUs that this process may use, without importing torch.

    Those of ``CUDA_VISIBLE_DEVICES`` if it is set, also if it is empty; otherwise those that
    ``nvidia-smi`` lists, with the instances of a GPU in MIG mode in its place.

    Args:
        environment: Environment variables.
        listing: Returns the output of ``nvidia-smi -L``; None to run it.
    """
    given = environment.get(VISIBLE)
    if given is not None:
        return tuple(_until_invalid(given))
    return tuple(_listed((_nvidia_smi if listing is None else listing)()))


def _until_invalid(names: str) -> Iterator[str]:
    # As CUDA does: an invalid index hides all GPUs after it.
    for name in names.split(","):
        name = name.strip()
        if not name or name == "-1":
            return
        yield name


def _listed(output: str) -> Iterator[str]:
    gpu: str | None = None
    for line in output.splitlines():
        if found := _GPU.match(line):
            if gpu is not None:
                yield gpu
            gpu = found["index"]
        elif found := _INSTANCE.match(line):
            gpu = None  # a process cannot use it as a whole
            yield found["uuid"]
    if gpu is not None:
        yield gpu


def _nvidia_smi() -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    listed = subprocess.run([program, "-L"], capture_output=True, text=True, check=False)
    return listed.stdout if listed.returncode == 0 else ""


def gpus_of(device: str, visible: Sequence[str]) -> Sequence[str]:
    """Return the GPUs that a search may use.

    Args:
        device: Its device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``...
        visible: GPUs that the process may use.

    Raises:
        InputError: There is no such GPU.
    """
    kind, _, index = device.partition(":")
    if kind not in ("auto", "cuda"):
        return ()
    if kind == "cuda" and not visible:
        raise InputError(
            f"device {device!r}: no GPU is visible here; leave device out to train on the CPU."
        )
    if not index:
        return visible
    if not index.isdigit() or int(index) >= len(visible):
        raise InputError(
            f"device {device!r}: {len(visible)} GPUs are visible here ({', '.join(visible)}); "
            f"give cuda to use all of them, or cuda:0 to cuda:{len(visible) - 1}."
        )
    return (visible[int(index)],)


def device_of_worker(device: str, *, is_local: bool) -> str:
    """Return the device of a search as one of its workers names it.

    Args:
        device: Device of the search.
        is_local: Whether the worker is local, so that it sees its own GPU only.
    """
    return "cuda" if is_local and device.startswith("cuda") else device


def dealt(gpus: Sequence[str], n_workers: int, per_gpu: int = 1) -> list[str | None]:
    """Deal out GPUs to workers, round robin; None for the CPU if there is none.

    Args:
        gpus: Names of the GPUs.
        n_workers: Number of workers.
        per_gpu: Largest number of workers of one GPU.

    Raises:
        InputError: There are more workers than these GPUs can take.
    """
    if not gpus:
        return [None] * n_workers
    if n_workers > len(gpus) * per_gpu:
        raise InputError(
            f"workers={n_workers} are more than {len(gpus)} GPUs with workers_per_gpu={per_gpu} "
            f"can take, {len(gpus) * per_gpu}; start fewer, raise workers_per_gpu, or give "
            "device='cpu'."
        )
    return [gpus[i % len(gpus)] for i in range(n_workers)]


PER_GPU = "OPTUNA_DNC_WORKERS_PER_GPU"
"""Variable with the number of workers that share a GPU and its memory."""

_OTHER_THREADS = ("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def local_environments(
    n_workers: int,
    *,
    device: str = "auto",
    per_gpu: int = 1,
    environment: Mapping[str, str] = os.environ,
    gpus: Sequence[str] | None = None,
    n_cores: int | None = None,
) -> list[dict[str, str]]:
    """Return the variables of each local worker: its threads, its GPU.

    Args:
        n_workers: Number of workers.
        device: Device of the search: ``auto``, ``cpu``, ``cuda``, ``cuda:1``...
        per_gpu: Largest number of workers of one GPU.
        environment: Variables of this process.
        gpus: GPUs that this process may use; None to look.
        n_cores: Cores that this process may use; None to look.

    Raises:
        InputError: There are more workers than the GPUs can take, or no such GPU.
    """
    if device == "cpu":
        usable: Sequence[str] = ()
    else:
        usable = gpus_of(device, visible_gpus(environment) if gpus is None else gpus)
    threads = str(threads_each(n_workers, n_cores, environment))
    common = dict.fromkeys((THREADS, *_OTHER_THREADS), threads)
    if usable and per_gpu > 1:
        common[PER_GPU] = str(per_gpu)
    elif per_gpu > 1:
        reason = "the device is the CPU" if device == "cpu" else "no GPU is visible here"
        warnings.warn(
            f"workers_per_gpu={per_gpu} has no effect: {reason}, and the workers share the cores.",
            stacklevel=2,
        )
    return [
        common | ({} if gpu is None else {VISIBLE: gpu})
        for gpu in dealt(usable, n_workers, per_gpu)
    ]


def use_worker_limits(environment: Mapping[str, str] = os.environ) -> None:
    """Have torch use the threads and the share of the GPU's memory of this worker.

    Torch reads the number of threads when it is imported, which may have been before.
    """
    import torch  # the rest of the package is used before it is imported

    threads = environment.get(THREADS, "")
    if threads.isdigit() and int(threads) > 0:
        torch.set_num_threads(int(threads))
    per_gpu = environment.get(PER_GPU, "")
    if per_gpu.isdigit() and int(per_gpu) > 1 and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(1 / int(per_gpu))


THREADS = "OMP_NUM_THREADS"
"""Variable with the number of threads, which libraries read when they are loaded."""


def threads_each(
    n_workers: int, n_cores: int | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Return the number of CPU threads of each worker of a machine.

    The cores are shared equally. ``OMP_NUM_THREADS``, if set, is the largest number.

    Args:
        n_workers: Number of workers on this machine.
        n_cores: Number of cores; None for those that this process may use, by its affinity and
            the limit of its container.
        environment: Environment variables.
    """
    share = max(1, (cpu_count() if n_cores is None else n_cores) // n_workers)
    most = environment.get(THREADS, "").partition(",")[0].strip()
    return min(share, int(most)) if most.isdigit() and int(most) > 0 else share
