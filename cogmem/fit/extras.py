"""Packages that only Bayesian statistics needs, imported when they are first asked for."""

from __future__ import annotations

import importlib
from typing import Any

from cogmem.errors import MissingExtra

__all__ = ["bayes_extra", "need_bayes"]


def need_bayes() -> None:
    """Before minutes of work, that what it needs in the end is here.

    Raises:
        MissingExtra: without numpyro and arviz.
    """
    for module in ("numpyro", "arviz"):
        bayes_extra(module)


def bayes_extra(module: str) -> Any:
    """A module of numpyro or arviz.

    Raises:
        MissingExtra: if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(module.partition(".")[0], "bayes") from error
