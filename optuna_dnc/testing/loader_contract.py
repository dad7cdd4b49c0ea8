"""Contract tests of data loaders."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any

from optuna_dnc.data import Dataset, Loader


class LoaderContract:
    r"""Contract of data loaders: what searching, predicting and exporting rely on.

    >>> class TestCsvLoader(LoaderContract):
    ...     loader = CsvLoader()
    ...
    ...     def make_source(self, folder):
    ...         path = folder / "data.csv"
    ...         path.write_text("a,b,label\\n0,1,0\\n2,3,1\\n1,1,0\\n4,4,1\\n")
    ...         return path
    """

    loader: Loader

    @abstractmethod
    def make_source(self, folder: Path) -> Any:
        """Return something that the loader reads; files may be written to ``folder``."""

    def test_matches_its_own_sources_only(self, tmp_path: Path) -> None:
        """Sources of any type can be asked for, and are not read to find out."""
        assert self.loader.matches(self.make_source(tmp_path))
        for other in (None, 3, "no-such-data", tmp_path / "no.such-data"):
            assert not self.loader.matches(other)

    def test_loads_a_data_set(self, tmp_path: Path) -> None:
        """It is a checked :class:`Dataset`, with a name that can be printed."""
        dataset = self.loader.load(self.make_source(tmp_path))
        assert isinstance(dataset, Dataset)
        assert dataset.name
        assert dataset.name.isprintable()

    def test_loads_the_same_again(self, tmp_path: Path) -> None:
        """A search that resumes compares the data's fingerprint."""
        source = self.make_source(tmp_path)
        first, second = (self.loader.load(source) for _ in range(2))
        assert first.fingerprint() == second.fingerprint()

    def test_reads_samples_like_those_of_the_data_set(self, tmp_path: Path) -> None:
        """Samples have the shape and the feature names that training had."""
        source = self.make_source(tmp_path)
        dataset = self.loader.load(source)
        samples = self.loader.read_samples(source, training=True)
        assert samples.name
        assert samples.x.shape[1:] == dataset.input_shape
        assert samples.feature_names == dataset.feature_names

    def test_reads_one_label_for_each_sample(self, tmp_path: Path) -> None:
        """Labels may be missing, and else belong to the samples that are read."""
        source = self.make_source(tmp_path)
        if not self.loader.load(source).has_test:
            return
        labels = self.loader.read_labels(source)
        assert labels is None or len(labels) == len(self.loader.read_samples(source).x)
