"""Sparsey's macrocolumn: a store of items and sequences as overlapping sparse codes.

One macrocolumn (mac) with Q competitive modules (CMs) of K cells each. Its code for a moment is one
winner per module, chosen by the code selection algorithm (code_selection.py) from bottom-up (U),
lateral (H) and top-down (D) input. Learning sets the weights between what is on now, or was on a
moment ago, and the winners. The state is weights and a few counters: no item is kept anywhere.

A frame is one moment's input. Sequences are chains: the code of each frame is tied to the code of
the frame before it, in other modules than its own. Recall follows that chain with U silent and
reads the features back through the bottom-up synapses, which serve both ways, since a coincidence
sets both alike.

One frame, one macrocolumn; `jax.vmap` for many. `sparsey_memory.py` has the checked functions for
whole sets of items; `sparsey_network.py` has grids of macs.
"""

from __future__ import annotations

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from cogmem.models.card import Card
from cogmem.models.code_selection import (
    CodeSelection,
    Number,
    Selection,
    draw,
    familiarity_of,
    hardest,
)
from cogmem.models.evidence import VERSIONS, Afferents, Fit, Frame, Levels, accepted
from cogmem.models.parameters import parameter
from cogmem.models.permanence import Lasting, Permanence
from cogmem.models.sparsey_checks import check_mac, made_for
from cogmem.models.sparsey_state import Memory, Moment

__all__ = ["CARD", "Mac", "Memory", "Moment"]

CARD = Card(
    name="sparsey",
    title="Sparsey: similar inputs get similar sparse codes, in one trial",
    paper="Rinkus (2010, 2014); Rinkus & Leveille (2017)",
    equations="the code selection algorithm with bottom-up, lateral and top-down evidence, both "
    "normalisers, the correction for competing hypotheses (boost, discount, off), single-trial "
    "learning, decay with permanence, freezing, back-off, hierarchies with persistence (uncertain, "
    "so chosen and open: constants of the sigmoid, thresholds of back-off, receptive fields of the "
    "digit network; ties are broken at random in one mac, by standing preferences in networks, as "
    "random ones cost a quarter of the digits where no mac freezes, while to an unfamiliar input a "
    "mac then always answers alike; a code that persists is not "
    "learnt again)",
    left_out="video (Weizmann); learning of the downward weights apart from the upward ones: one "
    "set of synapses serves both ways",
    vectors="all of sparsey_reference.npz: 1e-10 in float64, the same winners in float32; the "
    "sparseypy rows to the 5e-7 of that program's own float32",
    reproduced=(
        "13-frame demonstration: five random features a frame, learnt once, recalled exactly",
        "39,168 weights of the study with 144 features, Q = 9, K = 16",
        "codes whose overlap ranks stored items by their similarity to a new one (Rinkus 2017)",
    ),
    not_reproduced=(
        "91 % on MNIST (Rinkus & Leveille 2017): label weights get .76, a linear classifier on the "
        "codes .88; the published network's sizes could not be read",
        "67 % on Weizmann: needs videos, and the number could not be confirmed",
        "two hypotheses alive over a shared stretch: the weaker code is lost within a few frames "
        "even when boosted",
        "the Q70 K20 and Q100 K40 macs, and the capacity figures, of the 1996 thesis: not tried",
    ),
    bibtex="""@article{rinkus2010cortical,
  author = {Rinkus, Gerard J.},
  title = {A cortical sparse distributed coding model linking mini- and macrocolumn-scale
    functionality},
  journal = {Frontiers in Neuroanatomy}, volume = {4}, pages = {17}, year = {2010}
}

@article{rinkus2014sparsey,
  author = {Rinkus, Gerard J.},
  title = {Sparsey: event recognition via deep hierarchical sparse distributed codes},
  journal = {Frontiers in Computational Neuroscience}, volume = {8}, pages = {160}, year = {2014}
}

@article{rinkus2017superposed,
  author = {Rinkus, Gerard J. and Leveille, Jasmin},
  title = {Superposed Episodic and Semantic Memory via Sparse Distributed Representation},
  journal = {arXiv:1710.07829}, year = {2017}
}""",
)

_SOURCE = "Rinkus (2014), multiple competing hypotheses"


class Mac(eqx.Module):
    """One macrocolumn.

    Attributes:
        selection: how codes are chosen.
        permanence: how weights are kept.
        n_features: N, sources of bottom-up input.
        n_modules: Q.
        n_cells: K, cells of each module.
        n_lateral: macs, itself first, whose codes of the frame before arrive; 0: no sequences.
        n_above: sources of top-down input, cells of the macs above.
        n_per_source: cells that one bottom-up source mac has on (its Q); 1 for plain features.
        band: fewest and most active features (or macs) at which it becomes active.
        normaliser: "active": fit is relative to what is on, and blind to what is missing; "pi":
            relative to the fewest that would make the macrocolumn active.
        fewest_lateral, fewest_above: under "pi", active macs that count as full lateral and
            top-down input; None: as many as are active.
        competing: what a mac with several hypotheses sends: "boost" (Rinkus 2014), "discount"
            (an independent program), or "off".
        max_hypotheses: B, more than which it is mute.
        fewest_hypotheses: what 0 counts as; the paper's form may be 0, and a novel code then mute.
        freeze_at: fraction of increased weights at which a bundle learns no more; None: never.

    Raises:
        InvalidValue: for sizes, bands, words and parameters out of range, and parts of another
            kind, each with what was expected.
    """

    n_features: int = eqx.field(static=True)
    n_modules: int = eqx.field(static=True)
    n_cells: int = eqx.field(static=True)
    selection: CodeSelection = CodeSelection()
    permanence: Permanence = Lasting()
    n_lateral: int = eqx.field(static=True, default=0)
    n_above: int = eqx.field(static=True, default=0)
    n_per_source: int = eqx.field(static=True, default=1)
    band: tuple[int, int] | None = eqx.field(static=True, default=None)
    normaliser: Literal["active", "pi"] = eqx.field(static=True, default="active")
    fewest_lateral: int | None = eqx.field(static=True, default=None)
    fewest_above: int | None = eqx.field(static=True, default=None)
    competing: Literal["off", "boost", "discount"] = eqx.field(static=True, default="off")
    max_hypotheses: int = eqx.field(static=True, default=4)
    fewest_hypotheses: int = eqx.field(static=True, default=1)
    freeze_at: Number | None = None
    hypothesis_support: Number = parameter(
        0.95, (0, 1), start=(0.8, 0.99), meaning="support that makes a hypothesis", source=_SOURCE
    )
    hypothesis_power: Number = parameter(
        1.0, (0, 1), meaning="power of the number of hypotheses (A)", source=_SOURCE
    )

    def __check_init__(self) -> None:
        check_mac(self)

    # ---- sizes ----------------------------------------------------------------------------------

    @property
    def n_units(self) -> int:
        """All cells, Q K."""
        return self.n_modules * self.n_cells

    @property
    def limits(self) -> tuple[int, int]:
        """The band: fewest and most active features."""
        return self.band or (1, self.n_features)

    @property
    def n_sources(self) -> dict[str, int]:
        """Sources of each kind of input that the mac has at all."""
        sizes = {"U": self.n_features, "H": self.n_lateral * self.n_units, "D": self.n_above}
        return {kind: n for kind, n in sizes.items() if n}

    @property
    def n_synapses(self) -> dict[str, int]:
        """Synapses of each kind: a cell has none from its own module."""
        own = self.n_units * self.n_cells if self.n_lateral else 0
        sizes = {kind: n * self.n_units for kind, n in self.n_sources.items()}
        return sizes | ({"H": sizes["H"] - own} if "H" in sizes else {})

    @property
    def versions(self) -> tuple[str, ...]:
        """Those of `VERSIONS` whose evidence the mac has."""
        return tuple(v for v in VERSIONS if set(v) <= set(self.n_sources))

    @property
    def dtype(self) -> Any:
        """That of the parameters of code selection."""
        return self.selection.dtype

    def begin(self) -> Memory:
        """A virgin memory: all weights 0."""
        bundles = {
            kind: self.permanence.begin(n, self.n_units, self.n_synapses[kind])
            for kind, n in self.n_sources.items()
        }
        ratchet = jnp.asarray([0.5, 0.0], self.dtype)
        made_for = jnp.asarray([self.n_modules, self.n_cells, self.permanence.w_max], self.dtype)
        return Memory(bundles, jnp.zeros((), jnp.int32), ratchet, made_for)

    def owns(self, memory: Memory) -> bool:
        """Whether a memory was made for a macrocolumn with these modules, cells and weights."""
        return made_for(memory, self)

    # ---- input ----------------------------------------------------------------------------------

    def bottom_up(self, x: Bool[Array, " feature"], n_most: int | None = None) -> Afferents:
        """Features as afferents.

        Args:
            x: which features are on.
            n_most: most that can be on, for speed; the upper end of the band if not given.
        """
        size = min(n_most or self.limits[1] * self.n_per_source, self.n_features)
        sources = jnp.flatnonzero(x, size=size, fill_value=self.n_features)
        n_cells = x.sum(dtype=jnp.int32)
        signal = (sources < self.n_features).astype(self.dtype)
        fewest = jnp.asarray(max(self.limits[0], 1) * self.n_per_source)
        limit = (n_cells if self.normaliser == "active" else fewest).astype(self.dtype)
        present = self.eligible(n_cells // self.n_per_source)
        return Afferents(sources, signal, limit, present, every=x.astype(self.dtype))

    def eligible(self, n_on: Int[Array, ""]) -> Bool[Array, ""]:
        """Whether so many active features make the mac active (step 1)."""
        low, high = self.limits
        return (n_on >= max(low, 1)) & (n_on <= high)

    def lateral(
        self, code: Int[Array, " module"], hypotheses: Int[Array, ""] | int = 1
    ) -> Afferents:
        """The mac's own code of the frame before as afferents.

        Args:
            code: winners, -1 if it was silent.
            hypotheses: how many it stood for.
        """
        modules = jnp.arange(self.n_modules)
        # A single module has no lateral synapses: nothing to go by, rather than a fit of 0.
        present = (code[0] >= 0) & (self.n_modules > 1)
        sources = jnp.where(present, modules * self.n_cells + code, self.n_sources["H"])
        sent = jnp.where(present, self.sent(hypotheses), 0).astype(self.dtype)
        # A cell hears all modules but its own.
        limit = jnp.asarray(self.n_modules - 1, self.dtype)
        signal = jnp.broadcast_to(sent, (self.n_modules,))
        return Afferents(sources, signal, limit, present, modules)

    def sent(self, hypotheses: Int[Array, ""] | int) -> Float[Array, ""]:
        """F: how strongly a mac sends that stands for so many hypotheses (step 5).

        Boosted, each of several part-active codes drives its targets as a whole code would.
        """
        n = jnp.maximum(jnp.asarray(hypotheses), self.fewest_hypotheses)
        if self.competing == "off":
            return jnp.ones(n.shape, self.dtype)
        value = jnp.maximum(n, 1).astype(self.dtype) ** self.hypothesis_power
        value = value if self.competing == "boost" else 1 / value
        return jnp.where((n >= 1) & (n <= self.max_hypotheses), value, 0)

    # ---- code selection -------------------------------------------------------------------------

    def sums(
        self, memory: Memory, kind: str, afferents: Afferents, *, dense: bool = False
    ) -> Float[Array, " unit"]:
        """Raw input to each cell (step 2).

        Args:
            memory: weights.
            kind: of the input.
            afferents: what arrives.
            dense: whether all weights are read and not only those of the sources that are on. Where
                one memory serves many frames under `vmap`, that is one matrix product for all.
        """
        bundle, sources = memory.bundles[kind], afferents.sources
        if not dense:
            rows = self.permanence.rows(bundle, sources, memory.step)
            return afferents.signal @ rows.astype(self.dtype)
        signal = afferents.every
        if signal is None:
            silent = jnp.zeros(self.n_sources[kind], self.dtype)
            signal = silent.at[sources].add(afferents.signal, mode="drop")
        return signal @ self.permanence.weights(bundle, memory.step).astype(self.dtype)

    def fit(self, memory: Memory, frame: Frame, *, dense: bool = False) -> Fit:
        """Normalised input of each kind to each cell, 0 to 1 (step 3); see `sums` for `dense`."""
        return {
            kind: self.normalised(self.sums(memory, kind, afferents, dense=dense), afferents)
            for kind, afferents in frame.items()
        }

    def normalised(
        self, sums: Float[Array, " unit"], afferents: Afferents
    ) -> Float[Array, " unit"]:
        """Raw input over what counts as a full fit, clipped at 1."""
        return _share(sums, afferents.limit * self.permanence.w_max)

    def select(
        self,
        memory: Memory,
        frame: Frame,
        version: str | None = None,
    ) -> Selection:
        """Support, familiarity and probabilities of winning from one version of the evidence.

        Args:
            memory: weights.
            frame: what arrives.
            version: one of `versions`; without it, all evidence that is present.
        """
        fit = self.fit(memory, frame)
        return self.selection.select(self._support(fit, frame, version), memory.ratchet)

    def _support(self, fit: Fit, frame: Frame, version: str | None) -> Float[Array, "module cell"]:
        use = {
            kind: afferents.present & (version is None or kind in version)
            for kind, afferents in frame.items()
        }
        lateral = frame["H"].present if "H" in frame else False
        return self.selection.support(fit, use, lateral).reshape(self.n_modules, self.n_cells)

    def hypotheses(self, support: Float[Array, "module cell"]) -> Int[Array, ""]:
        """zeta: mean number of cells per module with almost full support (step 5)."""
        each = (support > self.hypothesis_support).sum(axis=1)
        return jnp.rint(each.astype(self.dtype).mean()).astype(jnp.int32)

    # ---- one frame ------------------------------------------------------------------------------

    def study(
        self, memory: Memory, frame: Frame, uniform: Float[Array, " module"]
    ) -> tuple[Memory, Moment]:
        """Choose a code from all evidence that is present, and learn it.

        Args:
            memory: weights.
            frame: what arrives.
            uniform: a number in [0, 1) for each module.

        Returns:
            Memory after it, and the moment. Out of its band the mac is silent and learns nothing.
        """
        moment, support = self.choose(memory, frame, uniform)
        return self.learn(memory, frame, moment.code, support), moment

    def choose(
        self,
        memory: Memory,
        frame: Frame,
        uniform: Float[Array, " module"],
        ties: Float[Array, " module"] | Float[Array, "module cell"] | None = None,
    ) -> tuple[Moment, Float[Array, "module cell"]]:
        """The code to be learnt, and V; drawn while the critical period lasts, then the best.

        Args:
            memory, frame, uniform: see `study`.
            ties: what decides between equals (see `hardest`); `uniform` if not given.
        """
        selection = self.select(memory, frame)
        drawn = draw(selection.probability, uniform)
        frozen = memory.bundles["U"].frozen
        best = hardest(selection.support, uniform if ties is None else ties)
        code = jnp.where(frozen, best, drawn)
        return self._moment(selection, code, frame), selection.support

    def recognise(
        self,
        memory: Memory,
        frame: Frame,
        uniform: Float[Array, " module"] | Float[Array, "module cell"] | None = None,
        *,
        back_off: Levels = (),
        soft: bool = False,
        fit: Fit | None = None,
    ) -> Moment:
        """Choose a code without learning, by the best supported cell of each module.

        Args:
            memory: weights.
            frame: what arrives.
            uniform: a number in [0, 1) for each module, or for each cell, which breaks ties (see
                `hardest`); without it the first of equals wins.
            back_off: levels of evidence; without levels, all that is present counts.
            soft: draw winners from their probabilities instead, unless the mac is frozen; needs
                `uniform` for each module.
            fit: `self.fit(memory, frame)`, if it is known already.
        """
        fit = self.fit(memory, frame) if fit is None else fit
        supports = jnp.stack([self._support(fit, frame, v) for v in self.versions])
        familiar = jax.vmap(familiarity_of)(supports)
        there = self._there(frame)
        support = self._support(fit, frame, None)
        if back_off:
            support = supports[accepted(self.versions, familiar, there, back_off)]
        selection = self.selection.select(support, memory.ratchet)
        code = hardest(support, uniform)
        if soft:
            assert uniform is not None, "soft retrieval draws, and needs numbers to draw with"
            drawn = draw(selection.probability, uniform)
            code = jnp.where(memory.bundles["U"].frozen, code, drawn)
        by_version = jnp.where(there, familiar, jnp.nan)
        return self._moment(selection, code, frame)._replace(by_version=by_version)

    def _there(self, frame: Frame) -> Bool[Array, " version"]:
        """Whether all evidence of each version is present."""

        def present(kind: str) -> Bool[Array, ""]:
            return frame[kind].present if kind in frame else jnp.zeros((), bool)

        return jnp.stack([jnp.stack(list(map(present, v))).all() for v in self.versions])

    def _moment(self, selection: Selection, code: Array, frame: Frame) -> Moment:
        active = self.active(frame)
        return Moment(
            jnp.where(active, code, -1).astype(jnp.int32),
            jnp.where(active, selection.familiarity, jnp.nan),
            jnp.where(active, self.hypotheses(selection.support), 0),
            jnp.full(len(self.versions), jnp.nan, self.dtype),
        )

    def active(self, frame: Frame) -> Bool[Array, ""]:
        """Features within the band, or, where U is withheld, other evidence to go by."""
        if "U" in frame:
            return frame["U"].present
        return jnp.stack([afferents.present for afferents in frame.values()]).any()

    # ---- learning and reading back --------------------------------------------------------------

    def learn(
        self,
        memory: Memory,
        frame: Frame,
        code: Int[Array, " module"],
        support: Float[Array, "module cell"] | None = None,
    ) -> Memory:
        """Tie what is on to the winners: a single trial sets weights to their maximum.

        Args:
            memory: before.
            frame: what arrives.
            code: winners; -1: nothing is learnt, but time goes on.
            support: V, read by the ratchet of the sigmoid.
        """
        step = memory.step + 1
        wins = jax.nn.one_hot(code, self.n_cells, dtype=bool)
        bundles = dict(memory.bundles)
        for kind, afferents in frame.items():
            increase = self._coincidences(kind, afferents, wins)
            bundles[kind] = self.permanence.learn(
                bundles[kind], afferents.sources, increase, step, self.freeze_at
            )
        ratchet = memory.ratchet
        if support is not None:
            moved = self.selection.ratcheted(ratchet, support)
            ratchet = jnp.where(code[0] >= 0, moved, ratchet)
        return memory._replace(bundles=bundles, step=step, ratchet=ratchet)

    def _coincidences(
        self, kind: str, afferents: Afferents, wins: Bool[Array, "module cell"]
    ) -> Bool[Array, "on unit"]:
        # By what is on, however strongly it sends: the first code of a chain would stay untied if
        # a mac that is mute (F = 0), because it is new or ambiguous, could not be learnt from.
        on = (afferents.sources < self.n_sources[kind]) & afferents.present
        both = on[:, None, None] & wins[None]
        if afferents.module is not None:
            other = afferents.module[:, None] != jnp.arange(self.n_modules)[None, :]
            both = both & other[:, :, None]
        return both.reshape(len(on), self.n_units)

    def features(
        self, memory: Memory, code: Int[Array, " module"], threshold: Number = 0.9
    ) -> Bool[Array, " feature"]:
        """The features that a code stands for.

        Args:
            memory: weights.
            code: winners; silent (-1): no features.
            threshold: fraction of the winners that must point at a feature (theta_D).
        """
        # Nine of ten winners are .9 of them, whatever the last digit.
        least = threshold * (1 - 8 * float(jnp.finfo(self.dtype).eps))
        return (self.read_back(memory, code) >= least) & (code[0] >= 0)

    def read_back(self, memory: Memory, code: Int[Array, " module"]) -> Float[Array, " feature"]:
        """Fraction of a code's winners that point at each feature, by the bottom-up synapses."""
        weights = self.permanence.weights(memory.bundles["U"], memory.step)
        wins = jax.nn.one_hot(code, self.n_cells, dtype=self.dtype).ravel()
        summed = weights.astype(self.dtype) @ wins  # for many codes, one matrix product
        full = jnp.asarray(self.n_modules * self.permanence.w_max, self.dtype)
        return jnp.where(code[0] >= 0, _share(summed, full), 0)


def _share(sums: Float[Array, " of"], full: Float[Array, ""]) -> Float[Array, " of"]:
    """Sums over what counts as full, clipped at 1: exactly 1 however division is compiled."""
    return jnp.where((full > 0) & (sums >= full), 1, sums / jnp.where(full > 0, full, 1))
