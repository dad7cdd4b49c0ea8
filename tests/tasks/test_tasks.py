"""What a task says of losses, answers and mistakes."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from optuna_dnc import InputError
from optuna_dnc.tasks import TASKS, learning_task

OUTPUTS = torch.tensor([[2.0, -1.0, 0.5], [-0.5, 0.25, -3.0]])
LABELS = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])


def test_several_labels_have_a_loss_and_an_answer_each() -> None:
    task = learning_task("multilabel")
    expected = functional.binary_cross_entropy(OUTPUTS.sigmoid(), LABELS)
    torch.testing.assert_close(task.criterion()(OUTPUTS, LABELS), expected)
    torch.testing.assert_close(task.answers(OUTPUTS), OUTPUTS.sigmoid())
    mistakes = task.mistakes(OUTPUTS, LABELS)
    assert mistakes is not None
    assert mistakes.tolist() == [[False, False, True], [False, False, True]]


def test_smoothed_labels_are_nearer_to_one_half() -> None:
    smoothed = learning_task("multilabel").criterion(0.2)
    expected = functional.binary_cross_entropy(OUTPUTS.sigmoid(), 0.8 * LABELS + 0.1)
    torch.testing.assert_close(smoothed(OUTPUTS, LABELS), expected)


@pytest.mark.parametrize("name", TASKS)
def test_a_constant_guess_has_the_constant_loss(name: str) -> None:
    task = learning_task(name)
    y = {
        "classification": torch.tensor([0, 0, 1, 2]),
        "multilabel": torch.tensor([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [0.0, 1.0]]),
        "regression": torch.tensor([[1.0], [-1.0], [1.0], [-1.0]]),
    }[name]
    guess = {
        "classification": torch.tensor([0.5, 0.25, 0.25]).log(),
        "multilabel": torch.logit(torch.tensor([0.25, 0.75])),
        "regression": torch.tensor([0.0]),
    }[name].expand(4, -1)
    for weights in (None, torch.ones(4)):
        loss = task.constant_loss(y, weights)
        assert loss == pytest.approx(task.criterion()(guess, y).item(), abs=1e-6)
    error = {"classification": 0.5, "multilabel": 0.25, "regression": 1.0}[name]
    assert task.constant_error(y) == pytest.approx(error)


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(InputError, match="allowed are classification, multilabel, regression"):
        learning_task("ranking")
