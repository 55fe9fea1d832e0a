"""Look inside a Tensor Brain: damage it and see what is left, or watch it decode one triple.

small = small_brain()                    # learns a small world, a quarter of a minute
BrainView(small)                         # in a notebook: sliders of damage, bars of recall
decoding(decoded_windows(small.brain, small.weights, small.brain.know(small.weights)))
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from cogmem.errors import InvalidValue
from cogmem.lab.sliders import Sliders, widgets
from cogmem.models.four_layer_brain import FourLayerBrain
from cogmem.models.index_layer import (
    ROLES,
    UNTOLD,
    Candidates,
    Inputs,
    Pick,
    Targets,
    Window,
    picks,
)
from cogmem.models.parameters import Parameter
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_learning import Annotated
from cogmem.models.vocabulary import Vocabulary
from cogmem.participants.lesioned_brain import (
    MEASURES,
    SITES,
    Damage,
    chances,
    lesioned,
    profile,
)
from cogmem.participants.scene_viewer import annotated
from cogmem.participants.schooling import Schooled, schooled
from cogmem.plots.brain_lesions import lesion_bars
from cogmem.plots.style import house_style
from cogmem.tasks.scenes import SceneWorld

__all__ = ["BrainView", "decoded_windows", "small_brain"]

_SMALL = SceneWorld(n_train=60, n_known=40, n_novel=4, n_test=30)
_HERE = "this picture"

DAMAGED: dict[str, Parameter] = {
    site: Parameter(0.0, (0, 1), (0, 1), "1", _HERE, f"severity of damage to {what}")
    for site, what in zip(SITES, ("episodes", "entities and labels", "working memory"), strict=True)
}


def small_brain(design: SceneWorld = _SMALL, *, n_steps: int = 1500, seed: int = 0) -> Schooled:
    """A brain that learnt a small world by the usual recipe, to play with.

    Args:
        design: of the world.
        n_steps: of learning, 128 rows each.
        seed: of all.
    """
    return schooled(seed=seed, design=design, n_steps=n_steps)


# ---- damage --------------------------------------------------------------------------------------


class BrainView(Sliders):
    """What a brain can still do; sliders for the severity of damage to each of three sites."""

    def __init__(
        self, small: Schooled | None = None, *, damage: Damage = "loss", seed: int = 0
    ) -> None:
        """Ask the brain what it can do as it is.

        Args:
            small: who is damaged; one that learns now if not given.
            damage: whether weights are lost or give way to noise.
            seed: of which weights, or of the noise.

        Raises:
            MissingExtra: if ipywidgets is not installed.
        """
        widgets()  # before the minute that learning takes
        small = small_brain(seed=seed) if small is None else small
        data, self._brain, self._weights = small
        self._damage, self._key = damage, jax.random.key(seed)
        self._episodes = annotated(self._brain, data.world, data.train, first_episode=0)
        self._seen = annotated(self._brain, data.world, data.known)
        members = self._brain.vocabulary.ids("entity")[np.asarray(data.train.entities)]
        self._members = jnp.asarray(members)
        self._chance = chances(self._episodes, members)
        self._before = self._profile(dict.fromkeys(SITES, 0.0))
        super().__init__(DAMAGED, dict.fromkeys(SITES, 0.0))

    def dataset(self, values: Mapping[str, float]) -> xr.Dataset:
        """Right answers for these severities, as `cogmem.plots.brain_lesions.lesion_bars` takes it.

        Raises:
            UnknownName: if there is no such slider.
            InvalidValue: if a value lies outside its bounds.
        """
        self._check(values)
        columns = {"right": self._profile(values), "before": self._before, "chance": self._chance}
        variables = {name: ("measure", each) for name, each in columns.items()}
        return xr.Dataset(variables, {"measure": list(MEASURES)})

    def picture(self, values: Mapping[str, float]) -> bytes:
        """The bars as PNG."""
        figure, png = lesion_bars(self.dataset(values)), io.BytesIO()
        with house_style():
            figure.savefig(png, format="png", dpi=120)
        return png.getvalue()

    def _profile(self, values: Mapping[str, float]) -> Float[np.ndarray, " measure"]:
        severities = jnp.asarray([values[site] for site in SITES], self._weights.semantic.dtype)
        rows = (self._episodes, self._members, self._seen)
        given = (self._brain, self._weights, severities, rows, self._damage, self._key)
        return np.asarray(_damaged(*given), float)


@eqx.filter_jit
def _damaged(
    brain: TensorBrain,
    weights: Weights,
    severities: Float[Array, " site"],
    rows: tuple[Annotated, Array, Annotated],
    damage: Damage,
    key: PRNGKeyArray,
) -> Float[Array, " measure"]:
    """All three lesions at once, and what is left."""
    for number, site in enumerate(SITES):
        own = jax.random.fold_in(key, number)
        weights = lesioned(brain, weights, site, severities[number], damage=damage, key=own)
    return profile(brain, weights, *rows)


# ---- one triple ----------------------------------------------------------------------------------


def decoded_windows(
    brain: Any,
    weights: Any,
    inputs: Inputs,
    how: Mapping[str, Pick] | Pick = "winner",
    *,
    targets: Targets = UNTOLD,
    truth: Targets = UNTOLD,
    n_top: int = 5,
    key: PRNGKeyArray | None = None,
) -> xr.Dataset:
    """One triple, window by window: who competes best, and the shared layer before and after.

    Args:
        brain, weights: of either model.
        inputs: from `perceive`, `remember`, `know` or `imagine`.
        how: way to choose, for all windows or each.
        targets: what is told, where the way is "teacher".
        truth: global indices that are marked; -1 where there is none.
        n_top: how many of the best candidates.
        key: where choices are drawn.

    Returns:
        As `cogmem.plots.decoding.decoding` takes it: `label`, `probability` (window, rank), `said`,
        `true` (window) in words, empty where there are none; `state` (window, moment, unit) before
        and after feedback, and `context` (window, context_unit) that came in, as the model has
        them: sig(q), or q itself if it is the model of 2020, whose shared layer is linear (the
        attribute `linear` of `state` tells); sig(h), or h where that is a sigmoid already;
        `unary` (window, group), labels with their probabilities, in words.

    Raises:
        InvalidValue: if n_top is below 1, or as `TensorBrain.decode`.
    """
    if n_top < 1:
        raise InvalidValue(f"the best {n_top} candidates were asked for; choose 1 or more.")
    ways = picks(how) if isinstance(how, str) else how
    choices = brain.choices(weights)
    found = brain.decode(weights, inputs, choices, ways, targets=targets, key=key)
    words: Vocabulary = brain.vocabulary
    parts = []
    for role in ROLES:
        window, rivals = getattr(found, role), getattr(choices, role)
        if window is None or not len(rivals.ids):
            continue  # the model of 2020 has no scene, and there may be no episodes
        told = _word(words, getattr(truth, role))
        one = _window(words, window, rivals, choices.unary, n_top).assign(true=told)
        parts.append(one.merge(_layers(brain, window)).expand_dims(window=[role]))
    whole = xr.concat(parts, "window")
    whole["state"].attrs["linear"] = isinstance(brain, FourLayerBrain)
    return whole


def _layers(brain: TensorBrain | FourLayerBrain, window: Window) -> xr.Dataset:
    """What the units of both layers do: a sigmoid is taken where the model has one to come."""
    state, context = jnp.stack([window.before, window.after]), window.context
    if isinstance(brain, TensorBrain):
        state = jax.nn.sigmoid(state)
        context = context if brain.evolution == "feed-forward" else jax.nn.sigmoid(context)
    values = {"state": (("moment", "unit"), np.asarray(state))}
    return xr.Dataset(
        values | {"context": ("context_unit", np.asarray(context))}, {"moment": ["before", "after"]}
    )


def _window(
    words: Vocabulary, window: Window, rivals: Candidates, unary: Any, n_top: int
) -> xr.Dataset:
    p = np.asarray(jax.nn.softmax(window.scores))
    best = np.argsort(-p, kind="stable")[:n_top]
    missing = n_top - len(best)
    labels = words.read(np.asarray(rivals.ids)[best]) + [""] * missing
    of_groups = [_best_label(words, window, group, unary) for group in unary]
    return xr.Dataset(
        {
            "label": ("rank", labels),
            "probability": ("rank", np.append(p[best], np.zeros(missing))),
            "said": _word(words, window.chosen),
            "unary": ("group", of_groups),
        },
        {"rank": np.arange(1, n_top + 1), "group": list(unary)},
    )


def _word(words: Vocabulary, index: Any) -> str:
    return words.read([int(index)])[0] if int(index) >= 0 else ""


def _best_label(words: Vocabulary, window: Window, group: str, unary: Any) -> str:
    """The best label of a group and its probability; nothing in windows without labels."""
    if group not in window.unary:
        return ""
    p = np.asarray(jax.nn.softmax(window.unary[group]))
    return f"{words.read([int(unary[group].ids[p.argmax()])])[0]} {p.max():.2f}"
