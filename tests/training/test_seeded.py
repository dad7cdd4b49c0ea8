"""Random numbers of a training come from its seed, and those outside go on as before."""

from __future__ import annotations

import pytest
import torch

from optuna_dnc.training.train import seeded

CPU = torch.device("cpu")


def test_a_block_has_the_numbers_of_its_seed_and_leaves_those_outside_alone() -> None:
    expected = torch.rand(3, generator=torch.Generator().manual_seed(7))
    before = torch.get_rng_state()
    with seeded(7, CPU):
        assert torch.equal(torch.rand(3), expected)
    assert torch.equal(torch.get_rng_state(), before)


def test_on_the_cpu_other_devices_are_not_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    def seed_all(seed: int) -> None:
        raise AssertionError("their generators are not restored afterwards")

    monkeypatch.setattr(torch.cuda, "manual_seed_all", seed_all)
    monkeypatch.setattr(torch.xpu, "manual_seed_all", seed_all)
    with seeded(7, CPU):
        torch.rand(1)
