"""Associative memories under one small interface, so that they are compared at equal bits.

A memory stores binary patterns, one at a time, and completes a cue: it gives back a pattern, the
internal code by which similarity is compared, and how familiar the cue is. Every memory takes
features of 0 and 1; those whose theory has units of -1 and +1 map them inside. `n_bits` states how
much storage the patterns take, so that capacity can be compared at the same number of bits.

Methods take one pattern; `store_all` and `complete_all` take whole sets and check them.

The family, each with its published formulas: willshaw.py, kanerva.py, hopfield.py (classical and
modern) and sparse_overlap.py (HTM's spatial pooler).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.binary import binary
from cogmem.models.card import Card
from cogmem.models.parameters import check_values

__all__ = [
    "CARD",
    "AssociativeMemory",
    "Completion",
    "check_patterns",
    "checked_binary",
    "complete_all",
    "sign_update",
    "signs",
    "store_all",
    "within",
]

CARD = Card(
    name="associative",
    title="Associative memories that Sparsey is compared with, at equal bits",
    paper="Willshaw et al. (1969); Kanerva (1988); Hopfield (1982); Krotov & Hopfield (2016); "
    "Ramsauer et al. (2021); Ahmad & Hawkins (2016); Cui et al. (2017)",
    equations="clipped Hebbian learning with threshold |a|; counters of +-1 within a Hamming "
    "radius, read again and again; summed outer products with sign updates of all units at once; "
    "softmax over the stored items; permanences, boosting and the k highest columns. Familiarity "
    "is cogmem's reading of each memory, as is the count of bits: one for each binary synapse, "
    "what the integers need for counters and summed weights, 8 for a permanence",
    left_out="units updated one by one; thresholds other than |a|, so a Willshaw net needs cues "
    "without wrong units; weights for sparse patterns (Hopfield); separate addresses and data "
    "(Kanerva); local inhibition, potential pools and the stimulus threshold (spatial pooler); "
    "temporal memory (HTM)",
    vectors="no reference vectors; the formulas exactly, simulations within binomial error",
    reproduced=(
        "Willshaw net: half of the synapses are set at M = ln 2 (n / k)^2",
        "Kanerva's access probability: .00107 for 1,000 bits and a radius of 451",
        "false overlap of sparse codes (HTM): 2.5e-26 for 20 of 40 among 2,048",
    ),
    not_reproduced=(
        "critical distance of 209 bits with 10,000 patterns and a capacity of a tenth of the "
        "locations (Kanerva): not tried",
        "capacity of .138 n (Hopfield): only the neighbourhood of the limit at n = 200",
        "constants of the spatial pooler (Cui et al.): cogmem's choices",
    ),
    bibtex="""@article{willshaw1969nonholographic,
  author = {Willshaw, D. J. and Buneman, O. P. and Longuet-Higgins, H. C.},
  title = {Non-holographic associative memory},
  journal = {Nature}, volume = {222}, pages = {960--962}, year = {1969}
}

@book{kanerva1988sparse,
  author = {Kanerva, Pentti},
  title = {Sparse Distributed Memory},
  publisher = {MIT Press}, year = {1988}
}

@article{hopfield1982neural,
  author = {Hopfield, J. J.},
  title = {Neural networks and physical systems with emergent collective computational abilities},
  journal = {Proceedings of the National Academy of Sciences}, volume = {79}, number = {8},
  pages = {2554--2558}, year = {1982}
}

@inproceedings{krotov2016dense,
  author = {Krotov, Dmitry and Hopfield, John J.},
  title = {Dense associative memory for pattern recognition},
  booktitle = {Advances in Neural Information Processing Systems}, volume = {29}, year = {2016}
}

@inproceedings{ramsauer2021hopfield,
  author = {Ramsauer, Hubert and Sch{\\"a}fl, Bernhard and Lehner, Johannes and Seidl, Philipp and
    Widrich, Michael and Adler, Thomas and Gruber, Lukas and Holzleitner, Markus and
    Pavlovi{\\'c}, Milena and Sandve, Geir Kjetil and Greiff, Victor and Kreil, David and
    Kopp, Michael and Klambauer, G{\\"u}nter and Brandstetter, Johannes and Hochreiter, Sepp},
  title = {Hopfield networks is all you need},
  booktitle = {International Conference on Learning Representations}, year = {2021}
}

@article{ahmad2016neurons,
  author = {Ahmad, Subutai and Hawkins, Jeff},
  title = {How do neurons operate on sparse distributed representations? {A} mathematical theory of
    sparsity, neurons and active dendrites},
  journal = {arXiv:1601.00720}, year = {2016}
}

@article{cui2017spatial,
  author = {Cui, Yuwei and Ahmad, Subutai and Hawkins, Jeff},
  title = {The {HTM} spatial pooler: a neocortical algorithm for online sparse distributed coding},
  journal = {Frontiers in Computational Neuroscience}, volume = {11}, pages = {111}, year = {2017}
}""",
)

State = TypeVar("State")
Memory = TypeVar("Memory", bound="AssociativeMemory")

_AT_ONCE = 256
"""Cues completed in one vectorised step, to bound memory."""


class Completion(NamedTuple):
    """What a memory makes of a cue.

    Attributes:
        pattern: [feature] the pattern given back.
        code: [unit] the internal code; similar inputs may or may not have similar codes.
        familiarity: higher for what is stored; its scale is the memory's own.
    """

    pattern: Bool[Array, " feature"]
    code: Bool[Array, " unit"]
    familiarity: Float[Array, ""]


class AssociativeMemory(eqx.Module, Generic[State]):
    """A memory of binary patterns: sizes and parameters here, all that is learnt in the state.

    Attributes:
        n_features: length of a pattern.
        completes: whether `Completion.pattern` is a completion; otherwise it is the cue itself.

    Raises:
        InvalidValue: for sizes and parameters out of range.
    """

    n_features: int = eqx.field(static=True)
    completes: ClassVar[bool] = True

    def __check_init__(self) -> None:
        within("n_features", self.n_features, 1, math.inf)
        check_values(self)

    @abstractmethod
    def begin(self) -> State:
        """The state in which nothing is stored."""

    @abstractmethod
    def store(
        self, state: State, x: Bool[Array, " feature"], *, key: PRNGKeyArray | None = None
    ) -> State:
        """The state after one more pattern was stored; `key` is for memories that draw codes."""

    @abstractmethod
    def complete(
        self, state: State, cue: Bool[Array, " feature"], *, key: PRNGKeyArray | None = None
    ) -> Completion:
        """What the memory makes of a cue; `key` is for memories that break ties at random."""

    @abstractmethod
    def n_bits(self, n_stored: int) -> int:
        """Bits of storage after so many patterns; each memory states what it counts."""

    def check_room(self, state: State, n_new: int) -> None:
        """Refuse more patterns than there is room for; most memories have room for any number.

        Raises:
            InvalidValue: with the number stored, the number to come and the room.
        """
        del state, n_new


def check_patterns(memory: AssociativeMemory, patterns: Any) -> Bool[Array, "pattern feature"]:
    """Patterns as bool, if the memory can take them; traced arrays are checked for shape only.

    Raises:
        InvalidValue: for another number of features, or values other than 0 and 1.
    """
    return checked_binary(patterns, memory.n_features)


def store_all(
    memory: AssociativeMemory[State],
    state: State,
    patterns: Any,
    *,
    key: PRNGKeyArray | None = None,
) -> State:
    """Store patterns, [pattern, feature], one after another.

    Raises:
        InvalidValue: as `check_patterns` and `AssociativeMemory.check_room`.
    """
    patterns = check_patterns(memory, patterns)
    memory.check_room(state, len(patterns))
    return _store_all(_traced(memory), state, patterns, key)


def complete_all(
    memory: AssociativeMemory[State], state: State, cues: Any, *, key: PRNGKeyArray | None = None
) -> Completion:
    """Complete cues, [cue, feature], each from the same state; results have the axis cue in front.

    Raises:
        InvalidValue: as `check_patterns`.
    """
    return _complete_all(_traced(memory), state, check_patterns(memory, cues), key)


@eqx.filter_jit
def _store_all(
    memory: AssociativeMemory[State],
    state: State,
    patterns: Bool[Array, "pattern feature"],
    key: PRNGKeyArray | None,
) -> State:
    def one(state: State, given: Any) -> tuple[State, None]:
        return memory.store(state, given[0], key=given[1]), None

    return jax.lax.scan(one, state, (patterns, _split(key, len(patterns))))[0]


@eqx.filter_jit
def _complete_all(
    memory: AssociativeMemory[State],
    state: State,
    cues: Bool[Array, "cue feature"],
    key: PRNGKeyArray | None,
) -> Completion:
    def one(given: Any) -> Completion:
        return memory.complete(state, given[0], key=given[1])

    given = (cues, _split(key, len(cues)))
    return jax.lax.map(one, given, batch_size=min(_AT_ONCE, max(len(cues), 1)))


def signs(x: Bool[Array, " feature"], dtype: Any) -> Array:
    """0 and 1 as -1 and +1."""
    return jnp.where(x, 1, -1).astype(dtype)


def sign_update(
    field: Float[Array, " feature"], before: Bool[Array, " feature"]
) -> Bool[Array, " feature"]:
    """On where the input is positive, off where negative, as before where it is 0."""
    return (field > 0) | (before & (field == 0))


def checked_binary(patterns: Any, n_features: int) -> Bool[Array, "pattern feature"]:
    """Patterns of so many features as bool; traced arrays are checked for their shape only.

    Raises:
        InvalidValue: for another shape, or values other than 0 and 1.
    """
    shape = np.shape(patterns)
    if len(shape) != 2 or shape[1] != n_features:
        raise InvalidValue(
            f"the patterns have shape {shape}, expected (pattern, {n_features} features)."
        )
    return jnp.asarray(binary(patterns))


def within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number out of its range.

    Raises:
        InvalidValue: naming the number, its value and the range.
    """
    if not low <= value <= high:
        expected = f"{low:g} or more" if math.isinf(high) else f"{low:g} to {high:g}"
        raise InvalidValue(f"{name} is {value:g}, expected {expected}.")


def _traced(memory: Memory) -> Memory:
    """With its numbers as arrays, so that another value does not compile anew."""
    return jax.tree.map(jnp.asarray, memory)


def _split(key: PRNGKeyArray | None, n: int) -> PRNGKeyArray | None:
    return None if key is None else jax.random.split(key, n)
