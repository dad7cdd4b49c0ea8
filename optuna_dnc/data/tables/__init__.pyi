from .column import Column, Kind
from .data_frames import is_table
from .options import DataOptions, DataSource
from .table import Table

__all__ = ["Column", "DataOptions", "DataSource", "Kind", "Table", "is_table"]
