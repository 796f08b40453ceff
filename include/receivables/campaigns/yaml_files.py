"""Files of settings (設定ファイル): YAML that must be keys and values."""

from pathlib import Path
from typing import Any

import yaml

from receivables.errors import InputRejectedError


def mapping(file: Path) -> dict[str, Any]:
    """The keys and values in `file`; raises InputRejectedError that names the file when it holds something else."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputRejectedError(f"{file.name} is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(found, dict):
        raise InputRejectedError(f"{file.name}: expected keys and values")
    return found
