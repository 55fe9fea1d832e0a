"""Sparsey's macrocolumn as one of the associative memories, to be compared at equal bits."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.associative import AssociativeMemory, Completion
from cogmem.models.parameters import parameter
from cogmem.models.permanence import Lasting
from cogmem.models.sparsey import Mac, Memory

__all__ = ["SparseyMemory"]


class SparseyMemory(AssociativeMemory[Memory]):
    """A macrocolumn that stores patterns in one trial and completes cues by their code.

    Storing draws a code (`Mac.study`) and needs a key. A cue is given the code of best support
    (hard maximum, ties broken by the key), and the features that enough of its winners point at are
    read back through the same synapses. The code is one cell of each module; familiarity is G, NaN
    for a cue outside the band. Codes are chosen by `mac.selection`: with `RandomCodes` the same
    memory keeps no similarity.

    Attributes:
        mac: the macrocolumn; bottom-up evidence only, with lasting binary weights.
        threshold: fraction of the winners that must point at a feature.
        drawn: whether the code of a cue is drawn as in learning, not the best supported; needs a
            key.

    Raises:
        InvalidValue: for a macrocolumn with weights that decay, or with lateral or top-down input.
    """

    n_features: int = eqx.field(static=True, init=False)
    mac: Mac
    threshold: float | Float[Array, ""] = parameter(
        0.9,
        (0, 1),
        meaning="fraction of winners that must point at a feature (theta_D)",
        source="cogmem's choice; Rinkus (2014) for the sum over the code",
    )
    drawn: bool = eqx.field(static=True, default=False)

    def __post_init__(self) -> None:
        self.n_features = self.mac.n_features

    def __check_init__(self) -> None:
        if not isinstance(self.mac.permanence, Lasting):
            name = type(self.mac.permanence).__name__
            raise InvalidValue(
                f"the weights of this macrocolumn are {name}, expected Lasting: only those are one "
                "bit per synapse."
            )
        if set(self.mac.n_sources) != {"U"}:
            raise InvalidValue(
                f"this macrocolumn has inputs {sorted(self.mac.n_sources)}, expected U alone: "
                "patterns come without context. Make it with n_lateral=0 and n_above=0."
            )

    def begin(self) -> Memory:
        """All weights 0."""
        return self.mac.begin()

    def store(
        self, state: Memory, x: Bool[Array, " feature"], *, key: PRNGKeyArray | None = None
    ) -> Memory:
        """Draw a code and learn it, in one trial; a pattern outside the band is not learnt.

        Raises:
            InvalidValue: without a key.
        """
        uniform = self._uniform(_needed(key, "storing draws a code"))
        return self.mac.study(state, {"U": self.mac.bottom_up(x)}, uniform)[0]

    def complete(
        self, state: Memory, cue: Bool[Array, " feature"], *, key: PRNGKeyArray | None = None
    ) -> Completion:
        """The features that the cue's code stands for; without a key the first of equals wins.

        Raises:
            InvalidValue: without a key if codes are drawn.
        """
        if self.drawn:
            key = _needed(key, "the code of a cue is drawn")
        uniform = None if key is None else self._uniform(key)
        frame = {"U": self.mac.bottom_up(cue)}
        fit = self.mac.fit(state, frame, dense=True)
        moment = self.mac.recognise(state, frame, uniform, fit=fit, soft=self.drawn)
        pattern = self.mac.features(state, moment.code, self.threshold)
        return Completion(pattern, self._units(moment.code), moment.familiarity)

    def n_bits(self, n_stored: int) -> int:
        """One bit per synapse, N Q K, whatever is stored; synapses are set or not."""
        return sum(self.mac.n_synapses.values())

    def _uniform(self, key: PRNGKeyArray) -> Float[Array, " module"]:
        return jax.random.uniform(key, (self.mac.n_modules,), self.mac.dtype)

    def _units(self, code: Int[Array, " module"]) -> Bool[Array, " unit"]:
        """The winners among all cells, none where the macrocolumn is silent."""
        return jax.nn.one_hot(code, self.mac.n_cells, dtype=bool).reshape(-1)


def _needed(key: PRNGKeyArray | None, why: str) -> Any:
    if key is None:
        raise InvalidValue(f"no key was given, but {why}: give `key=jax.random.key(seed)`.")
    return key
