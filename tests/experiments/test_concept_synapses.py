"""Synapses of a concept: disjoint sets, a search that finds what is planted, values by Eq. 16."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.lab.experiment import Session, find_experiment
from cogmem.measures.concept_search import shuffled, with_and_without
from cogmem.models.bdh_attention import frequencies
from cogmem.models.bdh_synapses import synapse_matrix
from cogmem.tasks.grammar import END, FILLER, Grammar, language_of
from tests.models.bdh_weights import untrained


@pytest.fixture(scope="module")
def names():
    return find_experiment("concept_synapses").run.__globals__


@pytest.fixture(scope="module")
def language():
    return language_of(Grammar())


@pytest.fixture(scope="module")
def sets(names, language):
    return names["sentence_sets"](language, key=jax.random.key(0))


@pytest.fixture(scope="module")
def tiny(names):
    sizes = {"width": 4, "n_heads": 2, "n_neurons": 8, "n_layers": 2}
    return names["Config"](**sizes, n_steps=2, batch=2, length=8)


# ---- sentences -----------------------------------------------------------------------------------


def test_sets_share_no_sentence_and_the_last_no_noun(language, sets) -> None:
    """600 sentences, all different; nouns of the last set are in no other."""
    rows = np.concatenate([each.tokens.reshape(-1, 24) for each in sets.values()])
    assert len(np.unique(rows, axis=0)) == len(rows) == 600
    nouns = [set(each.tokens[language.is_noun[each.tokens]].tolist()) for each in sets.values()]
    assert nouns[2].isdisjoint(nouns[0] | nouns[1])
    assert len(nouns[2]) == len(nouns[0]) == 16


def test_sentences_are_whole_of_one_topic_and_begin_with_a_filler(language, sets) -> None:
    for each in sets.values():
        of = language.topic[each.tokens]
        assert (language.category[each.tokens[..., 0]] == FILLER).all()
        assert (of.max(axis=2) == np.arange(4)[:, None]).all()
        assert np.where(of < 0, 9, of).min(axis=2).tolist() == of.max(axis=2).tolist()
        assert (each.tokens[..., -1] == END).all()


def test_readings_end_where_they_should(language, sets) -> None:
    """At END; and before the first word of a topic that is no noun."""
    tokens, read = sets["new nouns"]
    for topic, row in ((0, 3), (3, 7)):
        words = [language.categories[c] for c in language.category[tokens[topic, row]]]
        whole, to_verb = read[:, topic, row]
        assert words[whole - 1] == "end"
        assert "end" not in words[: whole - 1]
        assert words[to_verb].endswith("verb")
        assert (
            sum(not w.endswith("verb") and w not in ("filler", "end") for w in words[:to_verb]) == 1
        )


def test_the_strip_has_the_topics_in_turn(names, sets) -> None:
    tokens, topic = names["strip"](sets["new sentences"])
    ends = np.flatnonzero(tokens == END)
    assert topic[ends].tolist() == list(names["STRIP"])


# ---- synapses ------------------------------------------------------------------------------------


def test_values_are_those_of_the_sentence_alone(names, language, sets, tiny) -> None:
    """Padding and the common end leave what Eq. 16 says of the tokens that were read."""
    model = names["model_of"](tiny, language)
    weights = untrained(model, 20)
    found = names["synapses"](model, weights, sets["selection"], 1)
    topic, row = 2, 5
    n = int(sets["selection"].read[1, topic, row])
    alone = jnp.asarray(sets["selection"].tokens[topic, row, :n])
    y, x = names["between_layers"](model, weights, alone)
    by_hand = [synapse_matrix(y[0, h], x[0, h], frequencies(2)) for h in range(2)]
    expected = np.maximum(np.stack(by_hand), 0).ravel()
    assert expected.max() > 0
    np.testing.assert_allclose(found[topic, row], expected, atol=1e-4 * expected.max())


def test_traces_end_at_those_values(names, language, sets, tiny) -> None:
    model = names["model_of"](tiny, language)
    weights = untrained(model, 20)
    some = sets["selection"]
    found = names["synapses"](model, weights, some, 0)[1, 4]
    entries = np.argsort(-found)[:3]
    row = some.tokens[1, 4, : some.read[0, 1, 4]]
    trace = names["traces"](model, weights, row, entries)
    assert trace.shape == (3, len(row))
    np.testing.assert_allclose(trace[:, -1], found[entries], rtol=1e-3)


# ---- the search ----------------------------------------------------------------------------------


def test_others_come_in_turn(names) -> None:
    """Three topics of two sentences: about topic 1; and the first ones about topics 0 and 2."""
    values = np.arange(6.0).reshape(3, 2, 1)
    first, second = with_and_without(values, 1)
    assert first.ravel().tolist() == [2, 3]
    assert second.ravel().tolist() == [0, 4]


def test_what_is_planted_is_chosen_and_of_equals_the_largest_difference(names) -> None:
    """Entries 3 and 7 tell topic 0 without error, 7 by more; entry 5 topic 2."""
    values = np.random.default_rng(0).random((4, 12, 9))
    values[0, :, 3] += 1
    values[0, :, 7] += 2
    values[2, :, 5] += 1
    share = names["told"](values).share
    best = names["chosen"](values, share)
    assert share[0, 3] == share[0, 7] == share[2, 5] == 1
    assert best[0] == 7
    assert best[2] == 5


def test_a_search_without_labels_finds_nothing_that_lasts(names) -> None:
    """The best of 400 random entries tells shuffled labels well, and new sentences not at all."""
    rng = np.random.default_rng(1)
    values = {name: rng.random((4, 50, 400)) for name in names["SETS"]}
    every = {name: names["told"](each) for name, each in values.items()}
    found = shuffled(values, every, rng, searched=names["SELECTION"]).share
    assert (found[:, 0] > 0.62).all()
    assert abs(found[:, 1:].mean() - 0.5) < 0.07
    assert abs(names["mean_entry"](every).share - 0.5).max() < 0.02


def test_a_run_goes_on_where_it_stopped(names, tiny, tmp_path: Path) -> None:
    experiment = find_experiment("concept_synapses")
    tree = experiment.run(tiny, Session(results=tmp_path))
    steps: list[str] = []
    session = Session(lambda total: lambda n, doing: steps.append(doing), tmp_path)
    again = experiment.run(tiny, session)
    assert steps == []
    assert experiment.numbers(tree).equals(experiment.numbers(again))
    each = tree["each"].to_dataset()
    np.testing.assert_allclose(each["rank_biserial"], 2 * each["u"] / 2500 - 1)
    assert len(experiment.plot(tree).axes) == 4


@pytest.mark.slow
def test_a_trained_model_has_synapses_of_concepts(tmp_path: Path) -> None:
    """The quick preset: new nouns are told by a synapse that they did not choose; by no other."""
    experiment = find_experiment("concept_synapses")
    tree = experiment.run(experiment.default, Session(results=tmp_path))
    found = tree["separation"]["mean"].sel(set="new nouns")
    assert found.sel(series="trained").min() > 0.9
    assert found.sel(series="not trained").max() < 0.75
    assert found.sel(series="shuffled labels").max() < 0.75
