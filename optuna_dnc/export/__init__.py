"""Export of networks: ONNX, torch.export, Python code and safetensors."""

from __future__ import annotations

from optuna_dnc._files import check_new, new_file
from optuna_dnc.export.export_model import FORMATS, Exported, export_model

__all__ = ["FORMATS", "Exported", "check_new", "export_model", "new_file"]
