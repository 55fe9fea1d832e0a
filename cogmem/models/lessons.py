"""What a Tensor Brain is taught: annotated triples, and which of it in which mode.

Rows are checked before anything is learnt: what does not compete has probability 0, and under
`jax.jit` an index that does not exist is read as one that does.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float, Int

from cogmem.errors import InvalidValue
from cogmem.models.index_layer import ROLES, Pick, Targets
from cogmem.models.parameters import check_choice, check_values, parameter
from cogmem.models.vocabulary import Vocabulary

__all__ = ["Annotated", "Lessons", "Mode", "check_examples", "check_lessons"]

Mode = Literal["perception", "episodic", "semantic", "background"]
"""From where a triple is decoded: regions, the embedding of its episode, or a state without one."""


class Annotated(NamedTuple):
    """A triple with what is seen of it and what is known of its two entities.

    Attributes:
        regions: of scene, subject, object and predicate.
        targets: global indices; -1 where there is none, which teaches nothing. Where entities are
            told or an episode is recalled, that mode is not learnt from a row that lacks them.
        labels: global indices of the labels of subject and object, by group; -1 likewise.
    """

    regions: Float[Array, "4 feature"]
    targets: Targets
    labels: dict[str, Int[Array, 2]]


class Lessons(eqx.Module):
    """What is learnt from annotated triples (spec 8: training recipe).

    The loss of a mode is the mean of its terms, -log P each; the loss is the sum over modes.

    Attributes:
        modes: what is learnt together.
        hidden: groups of labels that perception is not taught; the default is that of generated
            scenes, and means nothing to a vocabulary without that group.
        identity: whether perception is taught who subject and object are.
        how: feedback in perception while it learns.
        predicate_weight: of the predicate's term; a label weighs 1.
        generalisation: probability that in memory an entity's place is taken by one of its labels
            ("dogs have fur"), of any group alike; the authors' code takes B-classes five times as
            often as others. Labels must be candidates then (`concepts` in `learn`).
    """

    modes: tuple[Mode, ...] = eqx.field(static=True, default=("perception", "episodic", "semantic"))
    hidden: tuple[str, ...] = eqx.field(static=True, default=("danger",))
    identity: bool = eqx.field(static=True, default=True)
    how: Pick = eqx.field(static=True, default="attention")
    predicate_weight: float = parameter(
        4.0, (0, 100), meaning="weight of the predicate's term", source="chosen: spec 8"
    )
    generalisation: float = parameter(
        0.0, (0, 1), meaning="entities replaced by a label", source="Tresp et al. (2023), code: .02"
    )

    def __check_init__(self) -> None:
        check_values(self)
        check_choice("way to choose", self.how, Pick)
        for mode in self.modes:
            check_choice("mode", mode, Mode)
        if not self.modes:
            raise InvalidValue("there is no mode to learn; give one or more.")
        if self.how in ("sample", "winner"):
            raise InvalidValue(
                f"perception cannot learn with {self.how!r}: no gradient passes a hard choice. Use "
                "'attention', 'teacher' or 'none'."
            )


def check_examples(brain: Any, examples: Annotated, concepts: bool) -> None:
    """Refuse rows that nothing, or nothing sensible, can be learnt from.

    Args:
        brain: of either model.
        examples: [row] annotated triples.
        concepts: whether labels compete with entities.

    Raises:
        InvalidValue: if there are none, columns differ in length, a target or a label is none of
            those who compete, or regions have other features or are no numbers.
        UnknownName: if there is no such group of labels.
    """
    words: Vocabulary = brain.vocabulary
    if len(examples.regions) == 0:
        raise InvalidValue("there are no annotated triples to learn from; give one or more.")
    labels = tuple(examples.labels) if concepts else ()
    groups = {"subject": ("entity", *labels), "object": ("entity", *labels)}
    groups |= {"scene": ("episode",), "predicate": ("predicate",)}
    groups |= {name: (name,) for name in examples.labels}
    for name, ids in (dict(zip(ROLES, examples.targets, strict=True)) | examples.labels).items():
        given = np.asarray(ids)
        if len(given) != len(examples.regions):
            raise InvalidValue(
                f"the column {name!r} has {len(given)} rows, the regions {len(examples.regions)}."
            )
        _check_column(words, name, given[given != -1], groups[name])
    width = examples.regions.shape[-1]
    if width != brain.n_features:
        raise InvalidValue(f"regions have {width} features; the model takes {brain.n_features}.")
    if not np.isfinite(examples.regions).all():
        raise InvalidValue("regions have values that are no numbers, or infinite; mend them first.")


def _check_column(words: Vocabulary, name: str, ids: np.ndarray, groups: tuple[str, ...]) -> None:
    """Refuse what does not compete there: its probability is 0, and its loss infinite."""
    if not ids.size:
        return
    words.check(ids, f"the column {name!r} of the annotated triples")
    strangers = ids[~np.isin(ids, words.ids(*groups))]
    if strangers.size:
        raise InvalidValue(
            f"the column {name!r} of the annotated triples has {words.labels[strangers[0]]!r}, "
            f"which is not in the group {' or '.join(groups)}; give an index of that group."
        )


def check_lessons(brain: Any, lessons: Lessons, concepts: bool) -> None:
    """Refuse lessons that do not go with a vocabulary, or with who competes.

    Raises:
        UnknownName: if a group to be hidden is not known.
        InvalidValue: if labels stand for entities that do not compete with them.
    """
    if lessons.hidden != Lessons().hidden:
        brain.vocabulary.ids(*lessons.hidden)
    if lessons.generalisation and not concepts:
        raise InvalidValue(
            "labels stand for entities now and then (`generalisation`), but do not compete with "
            "them; say concepts=True."
        )
