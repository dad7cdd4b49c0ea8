"""A data set split, normalised and placed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.data import Samples, batches, load_dataset, prepare


def test_sizes_types_and_names(arrays: dict[str, Any]) -> None:
    data = prepare(load_dataset(arrays), val_fraction=0.2)
    assert (data.n_train, data.n_val, data.n_test) == (48, 12, 12)
    assert (data.name, data.task, data.input_shape, data.n_outputs) == (
        "arrays",
        "classification",
        (5,),
        3,
    )
    for samples in (data.train, data.val, data.test):
        assert samples.x.dtype == torch.float32
        assert samples.y.dtype == torch.int64
    assert data.device == torch.device("cpu")
    assert data.train.x.device == data.device


def test_only_the_training_part_is_normalised_to_unit_spread(arrays: dict[str, Any]) -> None:
    data = prepare(load_dataset(arrays))
    assert torch.allclose(data.train.x.mean(0), torch.zeros(5), atol=1e-6)
    assert torch.allclose(data.train.x.std(0, correction=0), torch.ones(5), atol=1e-5)
    assert data.val.x.mean(0).abs().max() > 1e-3


def test_rows_and_labels_stay_together(arrays: dict[str, Any]) -> None:
    for x, y in (("xtr", "ytr"), ("xte", "yte")):
        arrays[x][:, 0] = arrays[y]
    data = prepare(load_dataset(arrays))
    for samples in (data.train, data.val, data.test):
        order = samples.x[:, 0].argsort()
        assert torch.equal(samples.y[order], samples.y.sort().values)


def test_regression_rows_and_targets_stay_together(targets: dict[str, Any]) -> None:
    targets["xtr"][:, 0], targets["xte"][:, 0] = targets["ytr"], targets["yte"]
    data = prepare(load_dataset(targets))
    for samples in (data.train, data.val, data.test):
        assert samples.y.shape == (len(samples), 1)
        assert torch.allclose(samples.x[:, :1], samples.y, atol=1e-4)


def test_the_prepared_samples_are_what_transform_gives(images: dict[str, Any]) -> None:
    data = prepare(load_dataset(images))
    assert torch.equal(data.test.x, data.preprocessing.transform(images["xte"]))


def test_sorted_labels_give_a_validation_set_of_all_classes(arrays: dict[str, Any]) -> None:
    arrays["ytr"] = np.sort(arrays["ytr"])
    assert prepare(load_dataset(arrays)).val.y.bincount().tolist() == [4, 4, 4]


def test_the_seed_decides_the_split(arrays: dict[str, Any]) -> None:
    dataset = load_dataset(arrays)
    first, again, other = (prepare(dataset, seed=seed).val.x for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("channels_last", [True, False])
def test_images_are_kept_in_the_memory_format_asked_for(
    images: dict[str, Any], channels_last: bool
) -> None:
    data = prepare(load_dataset(images), channels_last=channels_last)
    for samples in (data.train, data.val, data.test):
        assert samples.x.is_contiguous(memory_format=torch.channels_last) == channels_last


def test_data_larger_than_the_device_stay_on_the_cpu_and_are_streamed(
    images: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optuna_dnc.data.preparation.fits_on", lambda device, n_bytes: False)
    data = prepare(load_dataset(images), device="meta")
    assert data.train.x.device != data.device
    assert data.train.x.device.type == "cpu"
    sizes = []
    for x, y in batches(data.train, batch_size=20, device=data.device):
        assert x.device.type == y.device.type == "meta"
        sizes.append(len(x))
    assert sizes == [20, 20, 8]


def test_half_of_a_gpus_free_memory_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from optuna_dnc.data.devices import fits_on

    monkeypatch.setattr("torch.cuda.mem_get_info", lambda device: (1000, 5000))
    gpu = torch.device("cuda", 0)
    assert fits_on(gpu, 499)
    assert not fits_on(gpu, 500)
    assert fits_on(torch.device("cpu"), 10**12)


@pytest.mark.parametrize("device", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there(arrays: dict[str, Any], device: str) -> None:
    with pytest.raises(InputError, match=f"device '{device}' cannot be used here") as caught:
        prepare(load_dataset(arrays), device=device)
    assert "\n" not in str(caught.value)


def test_val_fraction_out_of_range(arrays: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="val_fraction is 1"):
        prepare(load_dataset(arrays), val_fraction=1)


def test_preparing_holds_one_copy_and_little_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The samples in float32, which NumPy holds, and a chunk beside them: no second copy."""
    import tracemalloc

    x = np.zeros((20_000, 1, 16, 16), dtype=np.uint8)
    x[::2] = 200
    y = np.arange(20_000) % 4
    dataset = load_dataset((x, y, x[:100], y[:100]))
    tracemalloc.start()  # sees NumPy's memory
    prepare(dataset)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one_copy = 4 * x.size
    assert one_copy < peak < 1.5 * one_copy


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_holds_the_data(images: dict[str, Any]) -> None:
    data = prepare(load_dataset(images), device="cuda")
    assert data.train.x.device == data.device
    assert data.train.x.is_cuda
    on_cpu = Samples(data.train.x.cpu(), data.train.y.cpu())
    for streamed, resident in zip(
        batches(on_cpu, batch_size=7, device="cuda"),
        batches(data.train, batch_size=7, device="cuda"),
        strict=True,
    ):
        assert torch.equal(streamed[0], resident[0])
        assert torch.equal(streamed[1], resident[1])
