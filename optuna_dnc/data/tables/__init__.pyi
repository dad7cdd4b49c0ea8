from .column import Column, Kind
from .options import DataOptions
from .source import DataSource, TableSamples, is_table
from .table import Table

__all__ = [
    "Column",
    "DataOptions",
    "DataSource",
    "Kind",
    "Table",
    "TableSamples",
    "is_table",
]
