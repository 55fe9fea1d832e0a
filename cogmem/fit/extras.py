"""Packages that only Bayesian statistics needs, imported when they are first asked for."""

from __future__ import annotations

import importlib
from typing import Any

from cogmem.errors import MissingExtra

__all__ = ["bayes_extra"]


def bayes_extra(module: str) -> Any:
    """A module of numpyro or arviz.

    Raises:
        MissingExtra: if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(module.partition(".")[0], "bayes") from error
