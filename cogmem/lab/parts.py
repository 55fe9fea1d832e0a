"""Experiments of several parts: how each is computed in turn, and drawn with keys of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import xarray as xr
from jaxtyping import PRNGKeyArray

from cogmem.lab.experiment import Session
from cogmem.lab.settings import setting

__all__ = ["Resampling", "in_turn", "keys_of_part"]


@dataclass(frozen=True)
class Resampling:
    """How uncertainty about people is computed.

    Attributes:
        n_resamples: bootstrap resamples of people.
        seed: of the resampling.
    """

    n_resamples: int = setting(2000, (10, 1_000_000), meaning="bootstrap resamples of people")
    seed: int = setting(0, (0, 2**32 - 1), meaning="of the resampling")


def in_turn(
    parts: Mapping[str, Callable[[], Mapping[str, xr.Dataset]]], session: Session
) -> xr.DataTree:
    """The nodes of all parts, computed one after the other; progress is reported after each.

    Args:
        parts: by name, what makes the nodes of a part, by path.
        session: told how far the work is.
    """
    report = session.begin(len(parts))
    nodes: dict[str, xr.Dataset] = {}
    for name, nodes_of in parts.items():
        nodes |= nodes_of()
        report(1, name)
    return xr.DataTree.from_dict(nodes)


def keys_of_part(seed: int, part: int, n: int) -> PRNGKeyArray:
    """A PRNG key for each replicate, such as a macrocolumn, of one part of an experiment.

    Args:
        seed: of the experiment.
        part: any number that no other part has.
        n: replicates.

    Returns:
        Keys [replicate].
    """
    return jax.random.split(jax.random.fold_in(jax.random.key(seed), part), n)
