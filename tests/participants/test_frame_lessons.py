"""Teaching networks that watch frames: losses by hand, and a task that is learnt in minutes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.models.frame_network import FrameNetwork, Symbols
from cogmem.models.memory_cores import RecurrentCore
from cogmem.participants.frame_lessons import Lesson, begin, learn, losses, right, said
from cogmem.tasks.worm import TASKS, make_batch

LABELS = jnp.array([[-1, 1, 0]])


def test_answers_are_scored_by_their_kind() -> None:
    """Yes or no by the sign, one of several by the largest, some of many by the largest few."""
    yes = right(jnp.array([[[9.0], [2.0], [1.0]]]), Lesson(LABELS, LABELS))
    np.testing.assert_array_equal(yes[0, 1:], [1, 0])
    several = jnp.array([[[9.0, 0, 0], [0, 3, 1], [0, 3, 1]]])
    np.testing.assert_array_equal(right(several, Lesson(LABELS, LABELS))[0, 1:], [1, 0])
    targets = jnp.array([[[True, True, False, False]]])
    many = right(jnp.array([[[3.0, 1, 2, 0]]]), Lesson(LABELS[:, :1], LABELS[:, :1], targets))
    assert many[0, 0] == 0.5


def network(*names: str, width: int = 8) -> FrameNetwork:
    features = tuple((k, make_batch(k, 2, seed=0, look="symbolic").frames.shape[2]) for k in names)
    heads = tuple((k, k, TASKS[k].n_answers) for k in names)
    inputs = 16 if width == 8 else 128 + len(names)
    return FrameNetwork(RecurrentCore(width), Symbols(features), heads, inputs)


def lesson(name: str, n: int, block: int = 0, split: str = "train") -> Lesson:
    batch = make_batch(name, n, seed=0, block=block, split=split, look="symbolic")  # type: ignore[arg-type]
    return Lesson(batch.frames, batch.labels, batch.targets)


def test_losses_are_cross_entropies_of_what_is_asked() -> None:
    """Of three tasks, by NumPy from the logits, to 1e-5; several tasks at once as one by one."""
    names = ("VIR", "SMU", "SFR")
    net = network(*names)
    weights = begin(net, rate=1e-3, clip=1.0, key=jax.random.key(0)).weights
    lessons = {name: lesson(name, 4) for name in names}
    found, logits = losses(net, weights, lessons), said(net, weights, _frames(lessons))
    for name in names:
        alone = said(net, weights, _frames({name: lessons[name]}))[name]
        np.testing.assert_allclose(logits[name], alone, atol=1e-5)
    asked = np.asarray(lessons["VIR"].labels) >= 0
    own, label = np.asarray(logits["VIR"])[asked][:, 0], np.asarray(lessons["VIR"].labels)[asked]
    expected = np.log1p(np.exp(np.where(label == 1, -own, own))).mean()
    np.testing.assert_allclose(found["VIR"], expected, rtol=1e-5)
    asked = np.asarray(lessons["SMU"].labels) >= 0
    own, label = np.asarray(logits["SMU"])[asked], np.asarray(lessons["SMU"].labels)[asked]
    expected = (np.log(np.exp(own).sum(1)) - own[np.arange(len(own)), label]).mean()
    np.testing.assert_allclose(found["SMU"], expected, rtol=1e-5)
    asked, targets = np.asarray(lessons["SFR"].labels) == -2, np.asarray(lessons["SFR"].targets)
    own = np.asarray(logits["SFR"])[asked]
    expected = np.log1p(np.exp(np.where(targets[asked], -own, own))).mean()
    np.testing.assert_allclose(found["SFR"], expected, rtol=1e-5)


def _frames(lessons: dict[str, Lesson]) -> dict[str, jax.Array]:
    return {name: jnp.asarray(each.frames) for name, each in lessons.items()}


@pytest.mark.slow
def test_switching_is_learnt_in_300_steps() -> None:
    """Three tasks jointly, 64 trials of each, Adam 2e-3: .99 of marker frames (spec: 1.000)."""
    names = ("STS", "SMU", "SFR")
    net = network(*names, width=96)
    learning = begin(net, rate=2e-3, clip=1.0, key=jax.random.key(0))
    for step in range(300):
        learning, _ = learn(net, learning, {k: lesson(k, 64, step) for k in names}, rate=2e-3)
    test = lesson("STS", 200, split="test")
    logits = said(net, learning.weights, {"STS": jnp.asarray(test.frames)})["STS"]
    assert np.asarray(right(logits, test))[np.asarray(test.labels) < 2].mean() >= 0.99


def test_who_knows_no_square_names_as_many_as_chance() -> None:
    """Cells in an order by chance: L/100 of lists of L, not the .924 of cells that are not due."""
    batch = make_batch("SFR", 2400, seed=0, look="symbolic")
    lesson = Lesson(jnp.asarray(batch.frames), jnp.asarray(batch.labels), batch.targets)
    logits = jax.random.normal(jax.random.key(0), lesson.targets.shape)
    hits = np.asarray(right(logits, lesson))[batch.scored]
    assert abs(hits.mean() - 91 / 1200) < 4 * hits.std() / np.sqrt(2400)


def test_trials_are_drawn_without_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is opened, once what is drawn on is there."""
    for name in TASKS:
        make_batch(name, 2, seed=0)

    def refuse(*args: object, **how: object) -> None:
        raise AssertionError(f"a file was opened: {args[0]}")

    monkeypatch.setattr("builtins.open", refuse)
    for name in TASKS:
        make_batch(name, 3, seed=1)
        make_batch(name, 3, seed=1, look="symbolic")
