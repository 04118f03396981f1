"""Data versions: a short hash of everything a result depends on.

Put here: what makes two results the same. Not here: who asks. What has not changed is not computed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

# Raise it when the compute engine itself changes what it writes.
ENGINE_VERSION = 1


def data_version(inputs: Mapping[str, Any]) -> str:
    """A 16-digit hash of named inputs: versions, texts, models, files (by content)."""
    content = {"engine": ENGINE_VERSION, **{name: _plain(value) for name, value in inputs.items()}}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Path):
        return hashlib.sha256(value.read_bytes()).hexdigest()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
