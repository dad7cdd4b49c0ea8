"""What a sampler keeps of studies."""

from __future__ import annotations

import gc
import pickle
import weakref

import optuna
import pytest
from optuna.storages import InMemoryStorage

from optuna_dnc.samplers.study_memory import StudyMemory


class Kept:
    """Something that a sampler keeps."""


def test_each_study_has_its_own_object_whoever_opened_it() -> None:
    storage, memory = InMemoryStorage(), StudyMemory(Kept)
    one, other = (optuna.create_study(storage=storage, study_name=name) for name in "ab")
    assert memory.of(one) is memory.of(optuna.load_study(storage=storage, study_name="a"))
    assert memory.of(one) is not memory.of(other)
    # Numbers of studies are those of their storage.
    assert memory.of(optuna.create_study(storage=InMemoryStorage())) is not memory.of(one)


def test_nothing_is_kept_beyond_the_storage() -> None:
    study, memory = optuna.create_study(storage=InMemoryStorage()), StudyMemory(Kept)
    kept = weakref.ref(memory.of(study))
    del study
    gc.collect()
    assert kept() is None


@pytest.mark.parametrize("protocol", [0, pickle.HIGHEST_PROTOCOL])
def test_a_pickled_memory_starts_empty_and_works(protocol: int) -> None:
    study, memory = optuna.create_study(storage=InMemoryStorage()), StudyMemory(Kept)
    kept = memory.of(study)
    copy = pickle.loads(pickle.dumps(memory, protocol))
    assert copy.of(study) is not kept
    assert copy.of(study) is copy.of(study)
