"""The Tensor Brain against `tensor_brain_reference.npz` (specs: tensor_brain, section 12).

Float64: absolute error at most 1e-10. Float32: at most 1e-5 of the largest value of an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.four_layer_brain import FourLayerBrain, FourLayerWeights
from cogmem.models.index_layer import Choices, Decoded, Inputs, Targets, measure, picks
from cogmem.models.tensor_brain import TensorBrain, Weights
from cogmem.models.tensor_brain_decoding import (
    log_joint,
    log_likelihood,
    log_likelihood_of_labels,
    sample_triples,
)
from cogmem.models.vocabulary import Vocabulary
from tests.conformance.reference import matches, reference

REF = reference("tensor_brain")
GROUPS = {"time": "episode", "entity": "entity", "pred": "predicate", "cls": "cls", "att": "att"}
N_INDICES = REF["A"].shape[1]
N_BATCH = REF["nu"].shape[1]
VOCABULARY = Vocabulary(
    tuple(map(str, range(N_INDICES))),
    tuple((name, tuple(REF[f"idx_{key}"].tolist())) for key, name in GROUPS.items()),
)
OFFSETS = [tag for (tag,) in matches("tensor_brain", r"scores_(\w+)")]
SIZES = {
    "n_state": REF["A"].shape[0],
    "n_context": len(REF["V"]),
    "n_features": REF["nu"].shape[-1],
}
BRAIN = TensorBrain(VOCABULARY, **SIZES)


@pytest.fixture(scope="module", params=["float64", "float32"])
def floats(request: pytest.FixtureRequest) -> Iterator[str]:
    """Everything in one precision."""
    with jax.enable_x64(request.param == "float64"):
        yield request.param


def array(name: str, floats: str) -> jax.Array:
    given = REF[name]
    return jnp.asarray(given, floats if given.dtype.kind == "f" else None)


def weights_in(floats: str) -> Weights:
    f = partial(array, floats=floats)
    return Weights(
        embeddings=f("A").T,
        offsets=f("a0"),
        to_context=f("V"),
        context_bias=f("v0"),
        within_context=f("B"),
        from_context=f("W"),
        sensory=f("Dm"),
        sensory_bias=f("d0"),
        semantic=f("abar"),
        background=jnp.zeros_like(f("abar")),
    )


def close(found: jax.Array, name: str, index: Any = ...) -> None:
    """Within 1e-10, or in float32 within 1e-5 of the largest value."""
    expected = REF[name][index]
    assert found.shape == expected.shape, name
    error = np.abs(np.asarray(found, float) - expected).max(initial=0)
    if found.dtype == jnp.float64:
        assert error <= 1e-10, name
    else:
        assert found.dtype == jnp.float32, name
        assert error <= 1e-5 * max(np.abs(expected).max(initial=0), 1), name


# ---- one window ----------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", OFFSETS)
def test_scores_and_probabilities(floats: str, offset: str) -> None:
    brain, weights = TensorBrain(VOCABULARY, **SIZES, offset=offset), weights_in(floats)
    candidates = brain.candidates(weights, REF["cand"])
    scores = jax.vmap(candidates.scores)(jax.nn.sigmoid(array("q", floats)))
    close(scores, f"scores_{offset}")
    close(jax.nn.softmax(scores), f"probs_{offset}")


def measured(brain: TensorBrain, floats: str, how: Any, targets: Any = -1) -> Any:
    weights = weights_in(floats)
    candidates = brain.candidates(weights, REF["cand"])

    def one(q: jax.Array, target: jax.Array) -> Any:
        return brain.measure(weights, q, candidates, how, target=target)

    return jax.vmap(one)(array("q", floats), jnp.broadcast_to(jnp.asarray(targets), (N_BATCH,)))


def test_attention_feeds_back_the_mean_embedding(floats: str) -> None:
    close(measured(BRAIN, floats, "attention").state, "attend_q")
    weaker = TensorBrain(VOCABULARY, **SIZES, feedback=0.35)  # as the layout says
    close(measured(weaker, floats, "attention").state, "attend_q_beta")


def test_winner(floats: str) -> None:
    found = measured(BRAIN, floats, "winner")
    assert (found.chosen == REF["argmax_idx"]).all()
    close(found.state, "argmax_q")


@pytest.mark.parametrize("number", range(len(REF["meas_gates"])))
def test_gates(floats: str, number: int) -> None:
    retained, feedback = REF["meas_gates"][number].tolist()
    brain = TensorBrain(VOCABULARY, **SIZES, retained=retained, feedback=feedback)
    close(measured(brain, floats, "teacher", REF["teach"]).state, "meas_q", number)


def test_evolution(floats: str) -> None:
    weights, q = weights_in(floats), array("q", floats)
    forward = TensorBrain(VOCABULARY, **SIZES, evolution="feed-forward")
    start = jnp.zeros((N_BATCH, SIZES["n_context"]), floats)
    close(jax.vmap(partial(forward.evolve, weights))(q, start)[0], "evo_ff")
    for number, context in enumerate((start, array("h0", floats))):
        brought, after = jax.vmap(partial(BRAIN.evolve, weights))(q, context)
        close(brought, f"evo_rec_q{number}")
        close(after, f"evo_rec_h{number}")


# ---- schedules -----------------------------------------------------------------------------------

PICKS = {
    "teacher": picks("teacher"),
    "sa": picks("attention"),
    "samp": picks("winner"),
    "nofb": picks("none"),
    "sa_ea": picks("attention", scene="attention"),
    "em": picks("teacher"),
    "sm": picks("teacher"),
}
PREFIXES = [tag for (tag,) in matches("tensor_brain", r"tb_(\w+)_qP")]


def inputs_of(tag: str, weights: Weights, regions: jax.Array, targets: Targets) -> Inputs:
    if tag == "em":
        return BRAIN.remember(weights, targets.scene)
    return BRAIN.know(weights) if tag == "sm" else BRAIN.perceive(weights, regions)


def targets_in() -> Targets:
    return Targets(*jnp.asarray(REF["targets_TSOP"]))


@pytest.mark.parametrize("tag", PREFIXES)
def test_schedule(floats: str, tag: str) -> None:
    """States, contexts and scores of every window, and the likelihood of triples and labels."""
    weights = weights_in(floats)
    choices = BRAIN.choices(weights)
    unary = dict(zip(("cls", "att"), jnp.asarray(REF["targets_unary"]), strict=True))

    @jax.vmap
    def run(regions: jax.Array, targets: Targets, unary: dict) -> Any:
        inputs = inputs_of(tag, weights, regions, targets)
        found = BRAIN.decode(weights, inputs, choices, PICKS[tag], targets=targets)
        labels = {name: jnp.stack([each, each]) for name, each in unary.items()}
        subject = log_likelihood_of_labels(found, choices, labels)[:, 0].sum()
        return found, log_likelihood(found, choices, targets).sum(), subject

    found, likelihood, of_labels = run(jnp.swapaxes(array("nu", floats), 0, 1), targets_in(), unary)
    close(likelihood, f"tb_{tag}_ll")
    close(of_labels, f"tb_{tag}_ll_unary")
    windows(found, f"tb_{tag}_")


def windows(found: Decoded, prefix: str) -> None:
    """Each array of the file that belongs to the prefix, once."""
    names = {
        "qT": found.scene.after,
        "nT": found.scene.scores,
        "hT": found.subject.context,
        "hS": found.object.context,
        "hO": found.predicate.context,
        "qP": found.predicate.before,
        "nP": found.predicate.scores,
    }
    for letter, window in (("S", found.subject), ("O", found.object)):
        names |= {f"qt{letter}": window.before, f"n{letter}": window.scores}
        names |= {f"q{letter}": window.after}
        names |= {f"n{letter}_{name}": scores for name, scores in window.unary.items()}
    for (name,) in matches("tensor_brain", prefix + r"([qhn]\w+)"):
        close(names[name], prefix + name)


def joint_of(brain: Any, weights: Any, choices: Choices, floats: str) -> jax.Array:
    """Of the first item of the batch."""
    inputs = brain.perceive(weights, array("nu", floats)[:, 0])
    return jnp.exp(log_joint(brain, weights, inputs, choices))


def test_exact_joint(floats: str) -> None:
    weights = weights_in(floats)
    joint = joint_of(BRAIN, weights, BRAIN.choices(weights), floats)
    close(joint, "tb_joint")
    assert abs(float(joint.sum()) - 1) <= (1e-12 if floats == "float64" else 1e-5)


def test_samples_follow_the_joint() -> None:
    """Total variation near its multinomial expectation (T2), that of the marginals as well."""
    n_draws = 100_000
    with jax.enable_x64(True):
        weights = weights_in("float64")
        choices = BRAIN.choices(weights)
        inputs = BRAIN.perceive(weights, array("nu", "float64")[:, 0])
        drawn = sample_triples(BRAIN, weights, inputs, choices, n_draws, key=jax.random.key(0))
    entities, predicates = (REF[f"idx_{name}"].tolist() for name in ("entity", "pred"))
    local = [
        np.array([ids.index(i) for i in column])
        for ids, column in zip((entities, entities, predicates), np.asarray(drawn).T, strict=True)
    ]
    found = np.zeros(REF["tb_joint"].shape)
    np.add.at(found, tuple(local), 1 / n_draws)
    for axes in ((), (1, 2), (0, 2), (0, 1)):
        expected = REF["tb_joint"].sum(axis=axes)
        distance = 0.5 * np.abs(found.sum(axis=axes) - expected).sum()
        assert distance <= far(expected.ravel(), n_draws) + 1e-12


def far(p: np.ndarray, n_draws: int) -> float:
    """1.3 times the expected distance, or what one multinomial draw in a thousand exceeds.

    The latter where few cells have all the probability, and the distance varies more.
    """
    expected = 0.5 * np.sqrt(2 * p * (1 - p).clip(0) / (np.pi * n_draws)).sum()
    draws = np.random.default_rng(0).multinomial(n_draws, p / p.sum(), 4000) / n_draws
    return max(1.3 * expected, np.quantile(0.5 * np.abs(draws - p).sum(axis=1), 0.999))


def test_likelihood_of_what_is_told_is_the_log_of_its_cell() -> None:
    """T3, for all three items and every candidate triple of the targets, to 1e-12."""
    with jax.enable_x64(True):
        weights = weights_in("float64")
        choices = BRAIN.choices(weights)
        for item in range(N_BATCH):
            inputs = BRAIN.perceive(weights, array("nu", "float64")[:, item])
            targets = Targets(*REF["targets_TSOP"][:, item].tolist())
            found = BRAIN.decode(weights, inputs, choices, picks("teacher"), targets=targets)
            cell = log_joint(BRAIN, weights, inputs, choices)[
                tuple(
                    REF[f"idx_{name}"].tolist().index(index)
                    for name, index in zip(("entity", "entity", "pred"), targets[1:], strict=True)
                )
            ]
            told = log_likelihood(found, choices, targets).sum()
            assert abs(float(told - cell)) <= 1e-12
            assert abs(float(told) - REF["tb_teacher_ll"][item]) <= 1e-10


# ---- the model of 2020 ---------------------------------------------------------------------------


def four_layers(floats: str) -> FourLayerWeights:
    own = weights_in(floats)
    nothing = jnp.zeros((3, SIZES["n_state"]), floats)
    return FourLayerWeights(
        own.embeddings, *own[2:3], *own[4:8], nothing[None][:0], nothing, nothing
    )


@pytest.mark.parametrize("tag", [tag for (tag,) in matches("tensor_brain", r"(four\w*)_hS")])
def test_four_layers(floats: str, tag: str) -> None:
    brain = FourLayerBrain(VOCABULARY, **SIZES, skip="noskip" not in tag)
    weights = four_layers(floats)
    choices = brain.choices(weights)

    @jax.vmap
    def run(regions: jax.Array, targets: Targets) -> Any:
        inputs = brain.perceive(weights, regions)
        found = brain.read(weights, inputs, choices, picks("teacher"), targets=targets)
        return found, log_likelihood(found.decoded, choices, targets).sum()

    found, likelihood = run(jnp.swapaxes(array("nu", floats), 0, 1), targets_in())
    names = {
        "qS": found.decoded.subject.before,
        "hS": found.decoded.object.context,
        "qO": found.decoded.object.before,
        "hSO": found.decoded.predicate.context,
        "qP": found.decoded.predicate.before,
        "hSPO": found.context,
        "qtriple": found.state,
        "ll": likelihood,
    }
    for name, each in names.items():
        if f"{tag}_{name}" in REF:
            close(each, f"{tag}_{name}")
    if f"{tag}_joint" in REF:
        close(joint_of(brain, weights, choices, floats), f"{tag}_joint")


# ---- algebra of feedback -------------------------------------------------------------------------


def test_attention_between_one_candidate_and_the_winner() -> None:
    """T4: over one candidate it is the teacher's feedback; at great sharpness, the winner's."""
    with jax.enable_x64(True):
        weights = weights_in("float64")
        q = array("q", "float64")[0]
        only = REF["teach"][0]
        one = BRAIN.candidates(weights, [only])
        told = BRAIN.measure(weights, q, one, "teacher", target=only).state
        np.testing.assert_allclose(
            BRAIN.measure(weights, q, one, "attention").state, told, atol=1e-12
        )
        sharp = TensorBrain(VOCABULARY, **SIZES, sharpness=1e6)
        rivals = sharp.candidates(weights, REF["cand"])
        np.testing.assert_allclose(
            sharp.measure(weights, q, rivals, "attention").state,
            sharp.measure(weights, q, rivals, "winner").state,
            atol=1e-12,
        )


def test_order_of_feedback_matters_only_when_it_overwrites() -> None:
    """T4: additive feedbacks commute to 1e-12, overwriting ones leave the last embedding."""
    with jax.enable_x64(True):
        weights = weights_in("float64")
        q, told = array("q", "float64")[0], REF["idx_entity"][:4].tolist()

        def after(brain: TensorBrain, order: list[int]) -> np.ndarray:
            state = q
            for index in order:
                rivals = brain.candidates(weights, REF["idx_entity"])
                state = brain.measure(weights, state, rivals, "teacher", target=index).state
            return np.asarray(state)

        np.testing.assert_allclose(after(BRAIN, told), after(BRAIN, told[::-1]), atol=1e-12)
        overwriting = TensorBrain(VOCABULARY, **SIZES, retained=0.0)
        assert (after(overwriting, told) == REF["A"][:, told[-1]]).all()


def test_gauge() -> None:
    """T5: A - c 1^T leaves direct probabilities as they are, and moves the state by -c."""
    with jax.enable_x64(True):
        weights, q = weights_in("float64"), array("q", "float64")
        shift = jnp.linspace(-1, 2, SIZES["n_state"])
        moved = weights._replace(embeddings=weights.embeddings - shift[None])
        found = []
        for each in (weights, moved):
            rivals = BRAIN.candidates(each, REF["cand"])
            scores = jax.vmap(rivals.scores)(jax.nn.sigmoid(q))
            told = measure(scores[0], rivals, each, "teacher", target=REF["teach"][0])[1]
            found.append((jax.nn.softmax(scores), told))
        np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-10)
        np.testing.assert_allclose(found[1][1] - found[0][1], -shift, atol=1e-12)


def test_offsets_by_their_definition() -> None:
    """T6: centered is direct less half the column sum; softplus is never above 0."""
    half = REF["A"][:, REF["cand"]].sum(axis=0) / 2
    with jax.enable_x64(True):
        centered = TensorBrain(VOCABULARY, **SIZES, offset="centered")
        offsets = centered.candidates(weights_in("float64"), REF["cand"]).offsets
        np.testing.assert_allclose(offsets, -half, atol=1e-12)
        brain = TensorBrain(VOCABULARY, **SIZES, offset="softplus")
        assert (brain.candidates(weights_in("float64"), REF["cand"]).offsets <= 0).all()
