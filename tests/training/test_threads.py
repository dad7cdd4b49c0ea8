"""Small networks are trained on one thread, and torch's setting comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from optuna_dnc.training import threads_for


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("n_params", "expected"), [(10_000, 1), (10_000_000, 2)])
def test_threads_depend_on_the_work_of_a_batch(
    two_threads: None, n_params: int, expected: int
) -> None:
    with threads_for(n_params, 256):
        assert torch.get_num_threads() == expected
    assert torch.get_num_threads() == 2


def test_threads_come_back_after_an_error(two_threads: None) -> None:
    with pytest.raises(RuntimeError), threads_for(1, 1):
        raise RuntimeError
    assert torch.get_num_threads() == 2
