"""Triples recognised as of a scene: evidence and cued recall against the joint, counts by hand."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.experiment import Session
from cogmem.models.index_layer import Targets
from cogmem.models.tensor_brain import TensorBrain
from cogmem.models.tensor_brain_decoding import log_joint
from cogmem.models.vocabulary import Vocabulary
from experiments.triple_recognition import (
    CUES,
    EXPERIMENT,
    FOILS,
    Config,
    areas,
    count,
    evidence,
    object_given,
    perfect,
    recalled,
)

WORDS = Vocabulary.of({"episode": ["t", "u"], "entity": ["a", "b", "c"], "predicate": ["p", "q"]})
BRAIN = TensorBrain(WORDS, 5, 4, 3)


@pytest.fixture(scope="module")
def small() -> tuple[Any, Targets, list[np.ndarray]]:
    """Weights, two triples, and the joint [s, o, p] of both episodes and of general knowledge."""
    weights = BRAIN.begin(key=jax.random.key(0))
    weights = weights._replace(semantic=jnp.linspace(-1, 1, 5))
    ids = [WORDS.find(list(each)) for each in ("tu", "ac", "bb", "qp")]
    sources = [BRAIN.remember(weights, jnp.asarray(t)) for t in ids[0]] + [BRAIN.know(weights)]
    joint = jax.jit(lambda source: log_joint(BRAIN, weights, source, BRAIN.choices(weights)))
    asked = Targets(*(jnp.asarray(each) for each in ids))
    return weights, asked, [np.asarray(joint(source)) for source in sources]


def test_evidence_is_a_ratio_of_two_joints(small) -> None:
    """log P(a, b, q | t) - log P(a, b, q), and log P(c, b, p | u) - log P(c, b, p): to 1e-5."""
    weights, asked, (first, second, general) = small
    expected = [first[0, 1, 1] - general[0, 1, 1], second[2, 1, 0] - general[2, 1, 0]]
    np.testing.assert_allclose(evidence(BRAIN, weights, asked), expected, atol=1e-5)


def test_object_by_cue_is_read_off_the_joint(small) -> None:
    """P(b) = sum over subjects and predicates; P(b | a) is that of one subject over its sum."""
    weights, asked, (first, second, general) = small
    p = [np.exp(each).sum(axis=2) for each in (first, second, general)]  # [s, o]
    expected = [
        [p[2][:, 1].sum()] * 2,
        [p[2][0, 1] / p[2][0].sum(), p[2][2, 1] / p[2][2].sum()],
        [p[0][:, 1].sum(), p[1][:, 1].sum()],
        [p[0][0, 1] / p[0][0].sum(), p[1][2, 1] / p[1][2].sum()],
    ]
    found = np.exp(object_given(BRAIN, weights, asked))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_perfect_memory_counts_what_was_studied() -> None:
    """Of four triples, object 7 is in two; with subject 1 in one of two; in scene 0 in one of two.

    In scene 0 with subject 1 it is the only one.
    """
    studied = Targets(*map(np.array, ([0, 0, 1, 1], [1, 2, 1, 2], [7, 8, 9, 7], [3, 3, 3, 3])))
    asked = Targets(*map(np.array, ([0], [1], [7], [3])))
    np.testing.assert_allclose(np.exp(perfect(studied, asked))[:, 0], [0.5, 0.5, 0.5, 1])


def test_areas_and_ratings_by_hand() -> None:
    """Twelve probes, 1 to 12, are rated by sixths; then one foil is above two of three targets."""
    kinds = [[10.0, 11, 12], [7, 8, 9], [4, 5, 6], [1, 2, 3]]
    found = np.array([kinds])
    np.testing.assert_array_equal(areas(found), [[1, 1, 1]])
    counts = count(found)
    assert counts["old"].values.tolist() == [[0, 0, 0, 0, 1, 2]] * 3
    assert counts["new"].values.tolist() == [
        [0, 0, 0, 2, 1, 0],
        [0, 1, 2, 0, 0, 0],
        [2, 1, 0, 0, 0, 0],
    ]
    found[0, 1, 0] = 11.5
    assert areas(found)[0].tolist() == pytest.approx([7 / 9, 1, 1])


def test_bits_are_relative_to_no_cue() -> None:
    """Probability .25, .5, 1 and 1 without a cue and with each: 0, 1, 2 and 2 bits."""
    logs = np.log(np.broadcast_to(np.array([0.25, 0.5, 1, 1])[:, None], (2, 2, 4, 3)))
    found = recalled(logs)["mean"].sel(who="Tensor Brain")
    assert found["cue"].values.tolist() == list(CUES)
    np.testing.assert_allclose(found.sel(measure="bits"), [0, 1, 2, 2], atol=1e-12)
    np.testing.assert_allclose(found.sel(measure="probability"), [0.25, 0.5, 1, 1])


def test_uneven_looks_are_refused() -> None:
    with pytest.raises(InvalidValue, match="1000 steps and 3 looks"):
        Config(n_looks=3)


@pytest.mark.slow
def test_what_the_quick_run_is_to_show() -> None:
    """New foils are told best, schema-consistent ones worst; each cue tells more than none."""
    tree = EXPERIMENT.run(Config(n_worlds=2, n_steps=600, n_looks=3), Session())
    area = tree["fitted"]["mean"].sel(measure="area", foil=list(FOILS)).values
    assert (np.diff(area) > 0.05).all()
    assert area[0] > 0.5
    bits = tree["recall"]["mean"].sel(measure="bits")
    assert (bits.sel(cue=list(CUES[1:])) > 0).all()
    perfect_bits = bits.sel(who="perfect memory", cue=list(CUES))
    assert (np.diff(perfect_bits) > 0).all()
    assert (bits.sel(who="Tensor Brain") <= perfect_bits).all()
    assert not EXPERIMENT.numbers(tree)["node"].isna().any()
