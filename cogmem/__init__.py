"""cogmem: a simulation workbench for the science of memory.

Models of memory sit the experiments that people sat, and both are read by the same measures.
Names are loaded when they are first used: `import cogmem` is instant and imports no jax.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Recalls": "cogmem.data",
    "load": "cogmem.data",
    "from_table": "cogmem.data",
    "read_csv": "cogmem.data",
    "Simulator": "cogmem.lab.explore",
    "explore": "cogmem.lab.explore",
    "people_curves": "cogmem.lab.explore",
    "roster": "cogmem.participants.roster",
    "sitting": "cogmem.participants.roster",
    "ContinualLearner": "cogmem.models.continual_learner",
    "LateralCircuit": "cogmem.models.hlop",
    "TensorBrain": "cogmem.models.tensor_brain",
    "Vocabulary": "cogmem.models.vocabulary",
    "learn_stream": "cogmem.models.continual_learner",
    "cite": "cogmem.lab.citations",
    "read_cards": "cogmem.models",
}
_FOLDERS = ("brian", "data", "fit", "lab", "measures", "models", "participants", "plots", "tasks")

__all__ = ["__version__", *_HOME, *_FOLDERS]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _FOLDERS:
        return importlib.import_module(f"cogmem.{name}")
    raise AttributeError(f"module 'cogmem' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
