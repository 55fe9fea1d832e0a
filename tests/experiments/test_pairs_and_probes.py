"""Pairs and probes: scoring by hand, people of the data, a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import DataNotFound
from cogmem.lab.experiment import Experiment, Session, find_experiment

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return find_experiment("pairs_and_probes")


@pytest.fixture(scope="module")
def names(experiment) -> dict[str, Any]:
    return experiment.run.__globals__


def perfect(rows: Any, known: int = 99) -> Any:
    """Log P of who answers with the partner of the cue if it is among the last so many pairs."""
    rows = np.asarray(rows)
    log_p = np.full((len(rows), 32), -50.0)
    for answer, row in zip(log_p, rows, strict=True):
        pairs = row[1:-2].reshape(-1, 2)
        for pair in pairs[-known:]:
            if row[-1] in pair:
                answer[pair[pair != row[-1]]] = 0
    return jnp.asarray(log_p)


def test_a_cue_is_a_word_of_one_pair(names) -> None:
    """START, pairs, CUE and the first or the second word of the pair asked about."""
    pairs = jnp.array([[[5, 6], [7, 8]], [[1, 2], [3, 4]]])
    rows = np.asarray(names["cued"](pairs, jnp.array([0, 1]), 1))
    words = names["VOCABULARY"]
    assert rows.tolist() == [
        [words.list_start, 5, 6, 7, 8, words.cue, 6],
        [words.list_start, 1, 2, 3, 4, words.cue, 4],
    ]


def test_who_knows_all_pairs_or_the_last_one(names) -> None:
    """All right in both directions; or at no lag but 0, and one list of four in all."""
    assert names["by_set_size"](perfect, 4, 8, key=KEY) == 1
    last = lambda rows: perfect(rows, 1)  # noqa: E731
    assert names["by_set_size"](last, 4, 8, key=KEY) == 1 / 4
    for cue in (0, 1):
        found = names["by_place"](last, 4, 2, cue, key=KEY)[0]
        np.testing.assert_allclose(found[:4], [1, 1 / 24, 1 / 24, 1 / 24], atol=1e-3)
        assert np.isnan(found[4:]).all()


def test_lists_of_tests_are_within_those_of_lessons(names) -> None:
    """Pairs and words studied, and fillers."""
    lessons = [each.keywords for each in names["RANGES"]]
    most = {each.func: each.keywords["lengths"][1] for each in names["RANGES"]}
    assert max(names["SIZES"]) <= most[names["paired_associates"]]
    assert max(names["LENGTHS"]) <= most[names["old_or_new"]]
    assert max(names["DELAYS"]) <= max(each.get("fillers", (0, 0))[1] for each in lessons)


@pytest.mark.slow
def test_a_run_is_stored_labelled_and_drawn(experiment, tmp_path) -> None:
    """A second run is alike; people are 7 and their d' falls with words studied."""
    tiny = {"width": 8, "n_steps": 5, "rows": 1, "n_lists": 4, "n_at_place": 2}
    config = replace(experiment.default, **tiny)
    try:
        tree = experiment.run(config, Session(results=tmp_path))
    except DataNotFound:
        pytest.skip("people's files are not here; COGMEM_DATA may name their folder")
    again = experiment.run(config, Session(results=tmp_path))
    assert again["sizes"].to_dataset().equals(tree["sizes"].to_dataset())
    assert (np.diff(tree["set_size"]["value"].values) < 0).all()
    assert not experiment.numbers(tree).empty
    experiment.plot(tree).savefig("/dev/null", format="png")
