"""The module that encodes the codes of a table's columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from optuna_dnc.data.tables import Table
from optuna_dnc.data.tables.dates import date_parts
from optuna_dnc.export.deployed import TableEncoder, calendar_parts
from tests.export.all_kinds import KINDS, all_kinds, table_of_kinds


def test_it_encodes_as_the_table_does() -> None:
    table, rows = table_of_kinds(), all_kinds().drop_columns(["label", "price"])
    codes = np.stack(list(table.codes(rows)), axis=1)
    codes[0] = np.nan
    codes[1] = [-1 if column.categories else 3 for column in table.used]
    expected = np.empty((len(codes), table.width))
    start = 0
    for column, values in zip(table.used, codes.T, strict=True):
        stop = start + len(column.inputs)
        column.write(expected[:, start:stop], values)
        start = stop
    encoded = TableEncoder(table)(torch.from_numpy(codes))
    assert encoded.dtype == torch.float64  # of the stamps
    np.testing.assert_allclose(encoded.numpy(), expected, rtol=1e-15, atol=1e-15)


def test_a_table_of_numbers_alone_is_encoded_in_float32() -> None:
    rows = all_kinds().select(["height", "level"])
    table = Table.of(rows, KINDS)
    codes = np.stack(list(table.codes(rows)), axis=1)
    encoded = TableEncoder(table)(torch.from_numpy(codes))
    assert encoded.dtype == torch.float32
    np.testing.assert_array_equal(encoded.numpy(), table.encode(rows, "rows").x)


def test_unknown_categories_count_as_missing_only_where_they_should() -> None:
    table = table_of_kinds()
    column = next(column for column in table.used if column.name == "size")
    encoder = TableEncoder(replace(table, columns=(column,)))
    inputs = encoder(torch.tensor([[-1.0], [torch.nan], [2.0]]))
    assert inputs.tolist() == [[column.fill, 0], [column.fill, 1], [2, 0]]


def test_parts_of_the_calendar_are_exact_from_1600_to_2400() -> None:
    days = np.arange(-135_140, 157_055)
    times = days * 86_400 + np.random.default_rng(0).integers(0, 86_400, len(days))
    seconds = times.astype(np.float64)
    parts = calendar_parts(torch.from_numpy(seconds))
    expected = date_parts(seconds, with_time=True)
    for part, of_numpy in zip(parts, expected, strict=True):
        np.testing.assert_allclose(part.numpy(), of_numpy, rtol=0, atol=1e-15)


class Calendar(torch.nn.Module):
    def forward(self, seconds: torch.Tensor) -> torch.Tensor:
        return torch.stack(calendar_parts(seconds), dim=1)


def test_parts_of_the_calendar_are_as_exact_in_onnx(tmp_path: Path) -> None:
    times = 1_577_836_800 + np.random.default_rng(0).integers(0, 10**8, 500)
    seconds = times.astype(np.float64)
    program = torch.onnx.export(
        Calendar().eval(),
        (torch.from_numpy(seconds),),
        dynamo=True,
        input_names=["x"],
        verbose=False,
    )
    assert program is not None
    program.save(tmp_path / "calendar.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "calendar.onnx")
    (parts,) = session.run(None, {"x": seconds})
    expected = np.stack(list(date_parts(seconds, with_time=True)), axis=1)
    np.testing.assert_allclose(parts, expected, rtol=0, atol=1e-14)
