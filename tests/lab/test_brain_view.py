"""Looking inside a Tensor Brain: the same numbers as the model's, under the reader's hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.brain_view import BrainView, decoded_windows, small_brain
from cogmem.models.four_layer_brain import FourLayerBrain
from cogmem.models.index_layer import Targets, picks
from cogmem.participants.lesioned_brain import MEASURES, lesioned, profile
from cogmem.participants.scene_viewer import annotated, scene_brain
from cogmem.participants.schooling import Schooled
from cogmem.plots.decoding import decoding
from cogmem.tasks.scenes import SceneWorld, draw_scenes

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def small() -> Schooled:
    """Untrained: what it says is as good as any for the arithmetic."""
    data = draw_scenes(SceneWorld(n_train=6, n_known=10, n_novel=4, n_test=3), key=KEY)
    brain = scene_brain(data.world, 6)
    return Schooled(data, brain, brain.begin(key=KEY))


@pytest.fixture(scope="module")
def view(small) -> BrainView:
    pytest.importorskip("ipywidgets")
    return BrainView(small)


def test_bars_are_the_profile_of_the_lesioned_brain(small, view) -> None:
    """One lesion, by the functions of the experiment, with the key of its site."""
    found = view.dataset(view.values | {"concepts": 0.5})
    own = jax.random.fold_in(jax.random.key(0), 1)
    after = lesioned(small.brain, small.weights, "concepts", 0.5, key=own)
    episodes = annotated(small.brain, small.data.world, small.data.train, first_episode=0)
    seen = annotated(small.brain, small.data.world, small.data.known)
    members = small.brain.vocabulary.ids("entity")[np.asarray(small.data.train.entities)]
    expected = profile(small.brain, after, episodes, members, seen)
    assert found["measure"].values.tolist() == list(MEASURES)
    np.testing.assert_allclose(found["right"], expected, atol=1e-6)
    whole = view.dataset(view.values)
    assert (whole["right"] == whole["before"]).all()
    assert not (found["right"] == found["before"]).all()


def test_sliders_move_the_picture(view) -> None:
    before = view.picture(view.values)
    assert view.update(concepts=1.0) > 0
    assert view.values["concepts"] == 1
    assert view.picture(view.values) != before
    view.reset()
    assert view.picture(view.values) == before
    assert "image/png" in view._repr_mimebundle_()


def test_unknown_and_impossible_values_are_refused(view) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'concepts'"):
        view.update(concept=0.3)
    with pytest.raises(InvalidValue, match="episodes is 2"):
        view.update(episodes=2)


@pytest.fixture(scope="module")
def windows(small) -> xr.Dataset:
    rows = annotated(small.brain, small.data.world, small.data.known)
    first = jax.tree.map(lambda each: each[0], rows)
    inputs = small.brain.perceive(small.weights, first.regions)
    return decoded_windows(small.brain, small.weights, inputs, truth=first.targets, n_top=8)


def test_windows_are_what_the_model_decodes(small, windows) -> None:
    """Probabilities, choices, states and contexts of every window, by `decode` itself."""
    brain, weights = small.brain, small.weights
    rows = annotated(brain, small.data.world, small.data.known)
    inputs = brain.perceive(weights, rows.regions[0])
    choices = brain.choices(weights)
    found = brain.decode(weights, inputs, choices, picks("winner"))
    assert windows["window"].values.tolist() == ["scene", "subject", "object", "predicate"]
    one = windows.sel(window="object")
    p = np.sort(np.asarray(jax.nn.softmax(found.object.scores)))[::-1]
    np.testing.assert_allclose(one["probability"], p[:8], rtol=1e-6)
    said = brain.vocabulary.read([int(found.object.chosen)])[0]
    assert str(one["said"].values) == said == str(one["label"][0].values)
    assert str(one["true"].values) == brain.vocabulary.read([int(rows.targets.object[0])])[0]
    after, context = jax.nn.sigmoid(found.object.after), jax.nn.sigmoid(found.object.context)
    np.testing.assert_allclose(one["state"].sel(moment="after"), after, rtol=1e-6)
    np.testing.assert_allclose(one["context"], context, rtol=1e-6)
    p = np.asarray(jax.nn.softmax(found.object.unary["colour"]))
    assert str(one["unary"].sel(group="colour").values).endswith(f" {p.max():.2f}")
    # Six episodes for eight ranks; nothing is said of a scene, and it has no labels.
    scene = windows.sel(window="scene")
    assert scene["label"].values[-2:].tolist() == ["", ""]
    assert str(scene["said"].values) == ""
    assert set(scene["unary"].values) == {""}


def test_picture_of_a_triple_has_a_column_for_each_window(windows) -> None:
    figure = decoding(windows, "Perception")
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["scene", "subject", "object", "predicate"]
    texts = {text.get_text() for ax in figure.axes for text in ax.texts}
    first = windows.sel(window="subject", rank=1)
    name, p = str(first["label"].values), float(first["probability"])
    mark = "*" if name == str(first["true"].values) else ""
    assert f"{name}{mark} {p:.2f}" in texts


def test_memory_without_truth_and_too_few_candidates(small) -> None:
    told = Targets(subject=int(small.brain.vocabulary.find("young")))
    how = picks("winner", subject="teacher")
    inputs = small.brain.know(small.weights)
    found = decoded_windows(small.brain, small.weights, inputs, how, targets=told)
    assert str(found["said"].sel(window="subject").values) == "young"
    assert set(found["true"].values) == {""}
    with pytest.raises(InvalidValue, match="best 0 candidates"):
        decoded_windows(small.brain, small.weights, inputs, n_top=0)


def test_layers_of_the_model_of_2020_are_shown_as_they_are(small) -> None:
    """q is linear there, and h a sigmoid already; colours of q are symmetric about 0."""
    brain = FourLayerBrain(small.brain.vocabulary)
    weights = brain.begin(key=KEY)
    regions = annotated(brain, small.data.world, small.data.known).regions[0]
    inputs = brain.perceive(weights, regions)
    shown = decoded_windows(brain, weights, inputs)
    found = brain.decode(weights, inputs, brain.choices(weights), picks("winner"))
    assert shown["window"].values.tolist() == ["subject", "object", "predicate"]
    one = shown.sel(window="predicate")
    np.testing.assert_allclose(one["state"].sel(moment="before"), found.predicate.before, rtol=1e-6)
    np.testing.assert_allclose(one["state"].sel(moment="after"), found.predicate.after, rtol=1e-6)
    np.testing.assert_allclose(one["context"], found.predicate.context, rtol=1e-6)
    images = [ax.images[0].get_clim() for ax in decoding(shown).axes if ax.images]
    most = float(np.abs(shown["state"]).max())
    assert images[0] == images[3] == pytest.approx((-most, most))  # before and after
    assert images[9] == (0, 1)  # context


def test_a_feed_forward_context_is_a_sigmoid_already(small) -> None:
    """h itself, but sig(q), which lies between 0 and 1."""
    brain = scene_brain(small.data.world, 6, evolution="feed-forward")
    inputs = brain.know(small.weights)
    one = decoded_windows(brain, small.weights, inputs).sel(window="object")
    found = brain.decode(small.weights, inputs, brain.choices(small.weights), picks("winner"))
    np.testing.assert_allclose(one["context"], found.object.context, rtol=1e-6)
    after = jax.nn.sigmoid(found.object.after)
    np.testing.assert_allclose(one["state"].sel(moment="after"), after, rtol=1e-6)


@pytest.mark.slow
def test_a_small_brain_learns_and_damage_takes_it_away() -> None:
    """1000 steps: labels of what is known above .9; episodes lost, recall of them at chance."""
    pytest.importorskip("ipywidgets")
    view = BrainView(small_brain(n_steps=1000))
    whole = view.dataset(view.values)
    assert float(whole["right"].sel(measure="known labels")) > 0.9
    gone = view.dataset(view.values | {"episodes": 1.0}).sel(measure="entities of an episode")
    assert float(gone["before"]) > float(gone["chance"]) + 0.15
    assert float(gone["right"]) == pytest.approx(float(gone["chance"]), abs=0.1)
    assert jnp.isfinite(jnp.asarray(whole["right"].values)).all()
