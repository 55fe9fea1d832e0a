"""Model recovery as an experiment: what is counted, and that nothing is fitted twice."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.data.recalls import Recalls
from cogmem.lab.experiment import Session, find_experiment
from cogmem.participants.roster import sitting

N_ITEMS, N_LISTS, N_SETS = 4, 6, 3


@pytest.fixture(scope="module")
def experiment():
    return find_experiment("model_recovery")


@pytest.fixture(scope="module")
def config(experiment):
    """Three sets in blocks of two: what is tested is the accounting."""
    return type(experiment.default)(n_people=2, n_sets=N_SETS, n_starts=1, n_steps=25, block=2)


@pytest.fixture(scope="module")
def entrants(experiment):
    return experiment.run.__globals__["models"]()


@pytest.fixture(scope="module")
def small(experiment, entrants):
    """Two models without parameters to search, on lists made here."""
    names, null = experiment.run.__globals__, entrants["null"]
    held = type(null)(null.participant, null.readout, null.fixed | set(null.parameters))
    people = Recalls.from_positions(
        np.tile([[4, 3, 0, 0], [1, 2, 3, 0]], (N_LISTS, 1)),
        list_length=N_ITEMS,
        subject=np.repeat([1, 2], N_LISTS),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(names, "load", lambda name: people)
        patch.setitem(names, "models", lambda: {"counted": sitting("null"), "held": held})
        yield names


@pytest.fixture(scope="module")
def stored(experiment, config, small, tmp_path_factory):
    steps = []
    begin = lambda total: steps.append(total) or (lambda n, doing: steps.append(-n))  # noqa: E731
    session = Session(begin, results=tmp_path_factory.mktemp("results"))
    return session, experiment.run(config, session), steps


def test_each_row_sums_to_the_sets(stored):
    assert stored[1]["count"].sum("chosen").values.tolist() == [N_SETS, N_SETS]


def test_as_many_steps_are_reported_as_announced(stored):
    """Two blocks of fits to people in all, and two of sets for each pair of models."""
    steps = stored[2]
    assert steps[0] == (2 * 1 + 2 * 2 * 2) * 2
    assert sum(steps) == 0


def test_what_is_stored_is_not_fitted_again(experiment, config, small, stored, monkeypatch):
    session, first, _ = stored
    for name in ("fit", "badness"):
        monkeypatch.setitem(small, name, lambda *a, **k: pytest.fail("fitted again"))
    assert experiment.run(config, session).equals(first)


def test_every_plotted_number_is_in_the_table(experiment, stored):
    table = experiment.numbers(stored[1])
    assert len(table) == 4
    assert table["count"].sum() == 2 * N_SETS
    np.testing.assert_allclose(table.groupby("made_by")["share"].sum(), 1)
    drawn = experiment.plot(stored[1]).axes[0].texts
    assert sorted(int(text.get_text()) for text in drawn) == sorted(table["count"])


def test_the_null_ends_by_the_rule_of_the_others(entrants):
    """Two parameters, and no curve counted."""
    assert list(entrants["null"].parameters) == ["stop_scale", "stop_growth"]
    assert not entrants["null"].counts_stopping
    assert len(entrants) == 4
