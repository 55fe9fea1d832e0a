"""Sparsey sits recognition, serial recall and change detection.

It does not sit free recall: it has no drifting context and no competition of retrieved items, and
lateral input is a chain that only runs forward. Time without study changes nothing, as its weights
do not decay here.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.models.evidence import BACK_OFF, Frame
from cogmem.models.parameters import table
from cogmem.models.sparsey import Mac, Memory, Moment
from cogmem.models.sparsey_checks import checked
from cogmem.models.sparsey_memory import silence
from cogmem.participants.protocol import Cue, Participant
from cogmem.participants.roster import register
from cogmem.tasks import ChangeDetection, Recognition, SerialRecall

__all__ = ["SparseyChangeDetection", "SparseyRecognition", "SparseySerialRecall"]


class SparseyState(NamedTuple):
    """Sparsey in the middle of a task.

    Attributes:
        memory: weights.
        now: the macrocolumn's last moment.
        features: [candidate, feature] what the candidates look like; part of the task, not memory.
        key: of draws to come.
    """

    memory: Memory
    now: Moment
    features: Bool[Array, "candidate feature"]
    key: PRNGKeyArray


class _Sparsey(Participant):
    """What the three have in common.

    Attributes:
        mac: the macrocolumn, as wide as the items' features.
    """

    mac: Mac
    declines: ClassVar[dict[str, str]] = {
        "free recall": "no drifting context, and codes do not compete in recall",
        "paired associates": "one column: no cue of one item for another without a chain",
        "fact verification": "one column: no relations",
        "retention": "time without study changes nothing",
        "updating": "codes are added, never replaced",
    }
    # Sizes and the constants of code selection are chosen; nothing is learnt before.
    n_chosen: ClassVar[int] = 10

    def begin(
        self, lists: Recognition | SerialRecall | ChangeDetection, *, key: PRNGKeyArray
    ) -> SparseyState:
        """A virgin memory, and sight of the items.

        Raises:
            InvalidValue: for features that the macrocolumn cannot take.
        """
        features = jnp.asarray(checked(self.mac.n_features, lists.features, "item"))
        return SparseyState(self.mac.begin(), silence(self.mac), features, key)

    def rest(self, state: Any, duration: Float[Array, ""] | float) -> Any:
        """The last code ends; what was learnt stays."""
        return state._replace(now=silence(self.mac))

    def report(self, state: Any, item: Int[Array, ""]) -> Any:
        """An answer changes nothing."""
        return state

    def _stored(self, state: SparseyState, frame: Frame) -> SparseyState:
        key, own = jax.random.split(state.key)
        uniform = jax.random.uniform(own, (self.mac.n_modules,), self.mac.dtype)
        memory, now = self.mac.study(state.memory, frame, uniform)
        return state._replace(memory=memory, now=now, key=key)

    def _recognised(self, state: SparseyState, frame: Frame) -> Moment:
        uniform = jax.random.uniform(state.key, (self.mac.n_modules,), self.mac.dtype)
        return self.mac.recognise(state.memory, frame, uniform, back_off=BACK_OFF)


class SparseyRecognition(_Sparsey):
    """Familiarity is G, the fit of the best code to the probe; no item is looked up."""

    paradigms: ClassVar[dict[str, str]] = {"recognition": "native: familiarity G"}

    def study(self, state: SparseyState, item: Int[Array, ""]) -> SparseyState:
        """Store the item, without context, in a single trial."""
        return self._stored(state, {"U": self.mac.bottom_up(state.features[item])})

    def evidence(self, state: SparseyState, cue: Cue) -> Float[Array, " candidate"]:
        """G of each candidate, 0 to 1."""

        def familiarity(x: Bool[Array, " feature"]) -> Float[Array, ""]:
            return self._recognised(state, {"U": self.mac.bottom_up(x)}).familiarity

        return jax.vmap(familiarity)(state.features)


class SparseySerialRecall(_Sparsey):
    """A chain of lateral weights: each code brings the next, and its features are read back.

    An associative chain, with its known weaknesses: it only runs forward, and a wrong item leads it
    astray unless that item's own features bring it back (back-off).
    """

    paradigms: ClassVar[dict[str, str]] = {"serial recall": "native: chain of lateral weights"}
    # And the power of lateral fit, and two thresholds of back-off.
    n_chosen: ClassVar[int] = 13

    def __check_init__(self) -> None:
        if not self.mac.n_lateral:
            raise InvalidValue(
                "serial recall is a chain of lateral weights, and this macrocolumn has none: make "
                "it with n_lateral=1."
            )

    def study(self, state: SparseyState, item: Int[Array, ""]) -> SparseyState:
        """Store the item in the context of the one before."""
        return self._stored(state, self._seen(state, item))

    def evidence(self, state: SparseyState, cue: Cue) -> Float[Array, " candidate"]:
        """How much of each candidate's features the next code points at; 0 if there is no code.

        Args:
            state: after the last response.
            cue: ignored; the context of retrieval is the last response.
        """
        following = self._recognised(state, {"H": self._past(state)})
        pointed = self.mac.read_back(state.memory, following.code)
        seen = state.features.astype(self.mac.dtype)
        return (seen @ pointed) / jnp.maximum(seen.sum(axis=1), 1)

    def report(self, state: SparseyState, item: Int[Array, ""]) -> SparseyState:
        """The item that was said is perceived in the context of the one before."""
        return state._replace(now=self._recognised(state, self._seen(state, item)))

    def _seen(self, state: SparseyState, item: Int[Array, ""]) -> Frame:
        return {"U": self.mac.bottom_up(state.features[item]), "H": self._past(state)}

    def _past(self, state: SparseyState) -> Any:
        return self.mac.lateral(state.now.code, state.now.hypotheses)


class View(NamedTuple):
    """Sparsey looking at displays.

    Attributes:
        mind: memory and the code that stays active.
        display: [feature] what is in view.
        objects: [object, feature] of the first display.
    """

    mind: SparseyState
    display: Bool[Array, " feature"]
    objects: Bool[Array, "object feature"]


class SparseyChangeDetection(_Sparsey):
    """A display gets one code; a second display looks the same as far as it gets that code too."""

    paradigms: ClassVar[dict[str, str]] = {
        "change detection": "native: overlap of the codes of the displays"
    }

    def begin(self, lists: ChangeDetection, *, key: PRNGKeyArray) -> View:  # type: ignore[override]
        """A virgin memory and an empty view; the candidates are the second displays.

        Raises:
            InvalidValue: for features that the macrocolumn cannot take.
        """
        n = self.mac.n_features
        objects = jnp.asarray(checked(n, lists.features, "object"))
        tests = jnp.asarray(checked(n, lists.tests, "display"))
        mind = SparseyState(self.mac.begin(), silence(self.mac), tests, key)
        return View(mind, jnp.zeros(n, bool), objects)

    def study(self, state: View, item: Int[Array, ""]) -> View:
        """An object joins the others in view."""
        return state._replace(display=state.display | state.objects[item])

    def rest(self, state: View, duration: Float[Array, ""] | float) -> View:
        """The display is stored as a whole; its code stays active until the test."""
        return state._replace(
            mind=self._stored(state.mind, {"U": self.mac.bottom_up(state.display)})
        )

    def evidence(self, state: View, cue: Cue) -> Float[Array, " display"]:
        """Expected overlap of each display's code with the active one.

        NaN where either display has too few or too many features for the macrocolumn to be active.
        A display is seen as anything new is: its code is drawn, not the best looked for, which with
        a single display in memory would always be the stored one.
        """

        def overlap(x: Bool[Array, " feature"]) -> Float[Array, ""]:
            bottom_up, code = self.mac.bottom_up(x), state.mind.now.code
            selection = self.mac.select(state.mind.memory, {"U": bottom_up})
            wins = jax.nn.one_hot(code, self.mac.n_cells, dtype=self.mac.dtype)
            expected = (selection.probability * wins).sum(axis=1).mean()
            return jnp.where(bottom_up.present & (code[0] >= 0), expected, jnp.nan)

        return jax.vmap(overlap)(state.mind.features)


# The macrocolumns of `experiments/sparsey_sits`: for items of 12 features of 144, and for displays.
_ITEMS = Mac(144, 24, 16, n_lateral=1, band=(1, 12))
# How fits are combined is open, and how much familiarity narrows the draw; the shape of the
# sigmoid stays as published, and there is nothing above a single macrocolumn.
_OPEN = {"bottom_up_power", "lateral_power", "gain"}
_FIXED = frozenset(table(_ITEMS)) - _OPEN
register("Sparsey", SparseyRecognition(_ITEMS), fixed=_FIXED)
register("Sparsey", SparseySerialRecall(_ITEMS), fixed=_FIXED)
register("Sparsey", SparseyChangeDetection(Mac(64, 24, 16)), fixed=_FIXED)
