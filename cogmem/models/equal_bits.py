"""The family of associative memories at one budget of bits.

Sizes and constants are those at which each memory does best with these bits and items of 12 of 400
features; the experiment `memory_family` says how they were found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import PRNGKeyArray

from cogmem.models.associative import AssociativeMemory
from cogmem.models.code_selection import PRESETS, CodeSelection
from cogmem.models.hopfield import Hopfield, ModernHopfield
from cogmem.models.kanerva import SparseDistributedMemory, hard_locations, sparse_locations
from cogmem.models.sparse_overlap import SpatialPooler, random_permanences
from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_associative import SparseyMemory
from cogmem.models.willshaw import BestDriven, Willshaw

__all__ = [
    "BUDGET",
    "HALF_ON",
    "MEMBERS",
    "N_ACTIVE",
    "N_FEATURES",
    "N_MODULES",
    "SELECTIONS",
    "Maker",
    "Member",
    "kanerva",
    "kanerva_half_on",
    "multiply_adds",
    "pooler",
    "sparsey",
]

N_FEATURES, N_ACTIVE = 400, 12
BUDGET = N_FEATURES**2
"""Bits of storage for each memory."""

N_MODULES = 10

Maker = Callable[[PRNGKeyArray], AssociativeMemory[Any]]


class Member(NamedTuple):
    """A memory of the family.

    Attributes:
        make: from a key, with the random parts drawn.
        n_features, n_active: of the items; `n_active` are on.
        n_exposures: times in a row that each item is shown.
    """

    make: Maker
    n_features: int = N_FEATURES
    n_active: int = N_ACTIVE
    n_exposures: int = 1


def sparsey(selection: CodeSelection, n_modules: int = N_MODULES, *, drawn: bool = False) -> Maker:
    """Sparsey with so many modules, all cells the budget; `drawn`: see `SparseyMemory`."""
    n_cells = BUDGET // (N_FEATURES * n_modules)
    mac = Mac(N_FEATURES, n_modules, n_cells, selection=selection, band=(1, N_ACTIVE))
    return lambda key: SparseyMemory(mac, threshold=1.0, drawn=drawn)


def kanerva(key: PRNGKeyArray) -> SparseDistributedMemory:
    """Locations that share at least 4 features with an item; see the module's text."""
    counter_bits, n_on, n_shared = 2, 40, 4
    n_locations = BUDGET // (N_FEATURES * (counter_bits + 1))
    addresses = sparse_locations(n_locations, N_FEATURES, n_on, key=key)
    radius = N_ACTIVE + n_on - 2 * n_shared
    return SparseDistributedMemory(addresses, radius, counter_bits=counter_bits)


def kanerva_half_on(key: PRNGKeyArray, *, n: int = N_FEATURES) -> SparseDistributedMemory:
    """Random locations, reached at a standard deviation below the mean distance."""
    addresses = hard_locations(BUDGET // (n * 3), n, key=key)
    return SparseDistributedMemory(addresses, round(n / 2 - math.sqrt(n) / 2), counter_bits=2)


def pooler(key: PRNGKeyArray) -> SpatialPooler:
    """As many columns as the bits allow, a tenth of them winning."""
    n_columns = BUDGET // (8 * N_FEATURES + 32)
    return SpatialPooler(random_permanences(n_columns, N_FEATURES, key=key), n_columns // 10 + 1)


SELECTIONS: dict[str, CodeSelection] = {
    "Sparsey": PRESETS["default"],
    "Sparsey, smooth": PRESETS["smooth"],
    "Sparsey, lambda_U = 10": CodeSelection(bottom_up_power=10.0),
    "Sparsey, random codes": CodeSelection(gain=0.0),
}
"""Without gain, expansivity is always 1, as of `RandomCodes`; the program stays the same."""

MEMBERS: dict[str, Member] = {
    "Willshaw": Member(lambda key: Willshaw(N_FEATURES)),
    "Willshaw, best driven": Member(lambda key: BestDriven(N_FEATURES, n_active=N_ACTIVE)),
    "Kanerva": Member(kanerva),
    "Hopfield": Member(lambda key: Hopfield(N_FEATURES)),
    "Modern Hopfield": Member(lambda key: ModernHopfield(N_FEATURES, BUDGET // N_FEATURES)),
    "Spatial pooler": Member(pooler, n_exposures=10),
    **{name: Member(sparsey(selection)) for name, selection in SELECTIONS.items()},
}

HALF_ON: dict[str, Member] = {
    "Kanerva": Member(kanerva_half_on, 400, 200),
    "Hopfield": Member(lambda key: Hopfield(179), 179, 90),
    "Modern Hopfield": Member(lambda key: ModernHopfield(400, BUDGET // 400), 400, 200),
}
"""Memories whose theory is for patterns with half of the features on, with such patterns."""


def multiply_adds(memory: AssociativeMemory[Any], n_stored: int) -> int:
    """Multiply-adds of one completion, with all synapses read, as for dense arrays."""
    n = memory.n_features
    if isinstance(memory, SparseDistributedMemory):
        return 2 * memory.addresses.size * memory.n_reads
    if isinstance(memory, Hopfield):
        return n * n * memory.n_steps
    if isinstance(memory, ModernHopfield):
        return 2 * n * n_stored * memory.n_steps
    if isinstance(memory, SpatialPooler):
        return memory.initial.size
    if isinstance(memory, SparseyMemory):
        return n * memory.mac.n_units + n * memory.mac.n_modules
    return n * n
