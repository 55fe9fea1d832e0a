"""The contest: the same lists for all, resumable, blind to who else takes part."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from cogmem.data.recalls import Recalls
from cogmem.fit import Search
from cogmem.lab.contest import Contest
from cogmem.lab.store import Store
from cogmem.models.tcm import TCM
from cogmem.participants.roster import sitting

SEARCH = Search(n_starts=2, n_steps=20, n_polish=0, block=10)
ABOUT = {"config_hash": "0" * 16}
N_PEOPLE, N_LISTS, N_ITEMS = 5, 6, 8


@pytest.fixture(scope="module")
def recalls() -> Recalls:
    """Five simulated people, six lists of eight words each."""
    keys = jax.random.split(jax.random.key(3), N_PEOPLE * N_LISTS)
    positions = jax.jit(jax.vmap(lambda key: TCM().simulate(N_ITEMS, key=key)))(keys)
    subject = np.repeat(np.arange(11, 11 + N_PEOPLE), N_LISTS)
    return Recalls.from_positions(np.asarray(positions), list_length=N_ITEMS, subject=subject)


def contest_on(recalls: Recalls, block: int = 2) -> Contest:
    return Contest.on(recalls, SEARCH, n_copies=2, block=block, seed=1)


def silent(steps: int, doing: str) -> None:
    pass


@pytest.fixture(scope="module")
def whole(recalls, tmp_path_factory):
    store = Store.open(tmp_path_factory.mktemp("whole") / "contest.zarr", ABOUT)
    return contest_on(recalls).enter("TCM", sitting("TCM"), store, silent)


def test_training_and_held_out_lists_alternate_and_are_of_the_same_people(recalls):
    contest = contest_on(recalls)
    assert contest.train.n_lists.tolist() == contest.test.n_lists.tolist() == [3] * N_PEOPLE
    first = recalls.cleaned().recalls[:N_LISTS]
    np.testing.assert_array_equal(
        contest.train.recalls[0], first[::2, : contest.train.recalls.shape[2]]
    )
    np.testing.assert_array_equal(
        contest.test.recalls[0], first[1::2, : contest.test.recalls.shape[2]]
    )


def test_every_step_is_reported_once(recalls, tmp_path):
    steps: list[int] = []
    contest = contest_on(recalls)
    store = Store.open(tmp_path / "contest.zarr", ABOUT)
    contest.enter("TCM", sitting("TCM"), store, lambda n, doing: steps.append(n))
    assert sum(steps) == contest.n_steps == 3 * (2 + 1 + 1)


def test_a_contest_broken_off_goes_on_where_it_was_and_ends_the_same(recalls, whole, tmp_path):
    contest = contest_on(recalls)

    def break_off(steps: int, doing: str) -> None:
        break_off.done += steps
        if break_off.done > contest.n_steps // contest.n_blocks:
            raise KeyboardInterrupt

    break_off.done = 0
    store = Store.open(tmp_path / "contest.zarr", ABOUT)
    with pytest.raises(KeyboardInterrupt):
        contest.enter("TCM", sitting("TCM"), store, break_off)
    assert store.table("TCM", {}, N_PEOPLE, 2).done.tolist() == [True, True, False, False, False]

    resumed = contest.enter("TCM", sitting("TCM"), store, silent)
    np.testing.assert_array_equal(resumed.log_score, whole.log_score)
    np.testing.assert_array_equal(resumed.recalls.recalls, whole.recalls.recalls)


def test_what_is_done_is_not_done_again(recalls, tmp_path, monkeypatch):
    contest, store = contest_on(recalls), Store.open(tmp_path / "contest.zarr", ABOUT)
    contest.enter("null", sitting("null"), store, silent)
    monkeypatch.setattr("cogmem.lab.contest.fit", lambda *a, **k: pytest.fail("fitted again"))
    contest.enter("null", sitting("null"), store, silent)


def test_a_person_fares_the_same_without_the_others(recalls, whole, tmp_path):
    alone = recalls.select(subject=[13])
    store = Store.open(tmp_path / "contest.zarr", ABOUT)
    result = contest_on(alone).enter("TCM", sitting("TCM"), store, silent)
    # Other batch sizes round differently; twenty steps of Adam carry that on.
    np.testing.assert_allclose(result.log_score, whole.log_score[2:3], rtol=1e-3)


def test_the_null_scores_the_stopping_curve_and_uniform_choice(recalls, tmp_path):
    contest, store = contest_on(recalls), Store.open(tmp_path / "contest.zarr", ABOUT)
    result = contest.enter("null", sitting("null"), store, silent)
    assert result.n_fitted == N_ITEMS
    expected = [_null_score(contest, person) for person in range(N_PEOPLE)]
    np.testing.assert_allclose(result.log_score, expected, rtol=1e-5)


def _null_score(contest: Contest, person: int) -> float:
    """By hand, in numpy: Jeffreys' hazard of stopping, 1/(n - j) for each item."""
    trained = (contest.train.recalls[person] > 0).sum(axis=1)
    tested = (contest.test.recalls[person] > 0).sum(axis=1)
    j = np.arange(N_ITEMS + 1)
    ended = (trained[:, None] == j).sum(axis=0) + 0.5
    stop = ended / ((trained[:, None] >= j).sum(axis=0) + 1)
    go = np.log1p(-stop[:N_ITEMS]) - np.log(N_ITEMS - j[:N_ITEMS])
    ends = np.where(tested < N_ITEMS, np.log(stop[tested]), 0)
    return float(sum(go[:n].sum() for n in tested) + ends.sum())
