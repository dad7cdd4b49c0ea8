from .augmentation import augment, cutout
from .batching import batches
from .dataset import Dataset
from .devices import resolve_device
from .load import DATASET_NAMES, DatasetSource, load_dataset
from .npz import read_sample_labels, read_sample_names, read_samples
from .prepared_data import PreparedData, prepare
from .preprocessing import Preprocessing
from .samples import Samples
from .split import split_validation
from .task import Task

__all__ = [
    "DATASET_NAMES",
    "Dataset",
    "DatasetSource",
    "PreparedData",
    "Preprocessing",
    "Samples",
    "Task",
    "augment",
    "batches",
    "cutout",
    "load_dataset",
    "prepare",
    "read_sample_labels",
    "read_sample_names",
    "read_samples",
    "resolve_device",
    "split_validation",
]
