"""One mind into a store: stopped and gone on with, never twice, and anew when it has changed."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cogmem.fit.arena import ALL, Arena, all_but
from cogmem.fit.simulators import Budget
from cogmem.lab import minds
from cogmem.lab.minds import Found, Terms, find, n_steps, stamp
from cogmem.lab.store import Store
from cogmem.participants.null import NullParticipant
from cogmem.participants.roster import Mind
from tests.fit.small_arena import (
    Favourite,
    Spy,
    any_rank,  # noqa: F401
    mind,
    recall_study,
)

FREE, SERIAL = "free recall", "serial recall"
TERMS = Terms(Budget(3, 4), n_copies=1, unseen=True)
LISTS = np.array([[[6, 5, 4, 1, 2, 3]] * 4, [[6, 4, 5, 3, 1, 2]] * 4])
HERE = Arena({FREE: recall_study(LISTS), SERIAL: recall_study(LISTS, SERIAL)}, n_draws=2, seed=2)
TOY = mind(Favourite())


def silent(steps: int, doing: str) -> None:
    pass


def opened(folder: Path) -> Store:
    return Store.open(folder / "minds.zarr", {"config_hash": "0" * 16})


@pytest.fixture(scope="module")
def whole(tmp_path_factory, any_rank) -> Found:  # noqa: F811
    return find(HERE, TOY, TERMS, opened(tmp_path_factory.mktemp("whole")), silent)


def same(one: Found, other: Found) -> None:
    """Bit for bit, but for the time it took."""
    assert one.values == other.values
    assert one.loss == other.loss
    assert set(one.arrays) == set(other.arrays)
    for name in set(one.arrays) - {"seconds"}:
        np.testing.assert_array_equal(one.arrays[name], other.arrays[name])


def test_every_aim_has_its_own_parameters(whole: Found) -> None:
    aims = {ALL, FREE, SERIAL, all_but(FREE), all_but(SERIAL)}
    assert set(whole.values) == set(whole.loss) == aims
    # All but one of two paradigms is the other.
    assert whole.loss[FREE] <= 0
    assert whole.n_evaluations == 12


def test_what_is_found_is_kept_by_paradigm_and_kind_of_fit(whole: Found) -> None:
    for name in (FREE, SERIAL):
        for kind in ("headline", "refit", "unseen"):
            assert whole.arrays[f"{name}: {kind} nats"].shape == (2,)
            np.testing.assert_array_equal(
                whole.nats(name, kind), whole.arrays[f"{name}: {kind} nats"]
            )
        assert whole.nats("recognition", "headline") is None
    assert whole.arrays[f"{SERIAL}: curve in place"].shape == (2, 1, 6)


def test_every_step_is_reported_once(tmp_path: Path) -> None:
    steps: list[int] = []
    find(HERE, TOY, TERMS, opened(tmp_path), lambda n, doing: steps.append(n))
    assert sum(steps) == n_steps(HERE, TOY, TERMS) == 5 * 3 + 1


@pytest.mark.parametrize("generations", [1, 5])
def test_a_run_stopped_after_a_generation_goes_on_and_ends_the_same(
    generations: int, whole: Found, tmp_path: Path
) -> None:
    done = [0]

    def stop(steps: int, doing: str) -> None:
        done[0] += steps
        if done[0] == generations:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find(HERE, TOY, TERMS, opened(tmp_path), stop)
    assert opened(tmp_path).table(f"{stamp(TOY, HERE)} to {ALL}", {}, 3, 1).done[0]
    same(find(HERE, TOY, TERMS, opened(tmp_path), silent), whole)


def test_what_is_done_is_not_done_again(tmp_path: Path, monkeypatch) -> None:
    first = find(HERE, TOY, TERMS, opened(tmp_path), silent)
    for name in ("loss", "evidence", "read"):
        monkeypatch.setattr(Arena, name, lambda *a, **k: pytest.fail("computed again"))
    again = find(HERE, TOY, TERMS, opened(tmp_path), silent)
    same(first, again)
    assert again.seconds == first.seconds


def test_a_mind_whose_file_has_changed_begins_anew(tmp_path: Path, monkeypatch) -> None:
    first = find(HERE, TOY, TERMS, opened(tmp_path), silent)
    source, before, tried = minds.inspect.getsource, stamp(TOY, HERE), []
    monkeypatch.setattr(minds.inspect, "getsource", lambda module: source(module) + "# changed")
    assert stamp(TOY, HERE) != before
    loss = Arena.loss
    monkeypatch.setattr(Arena, "loss", lambda self, *a: tried.append(a) or loss(self, *a))
    same(find(HERE, TOY, TERMS, opened(tmp_path), silent), first)
    assert len(tried) == 5 * TERMS.budget.n_evaluations


def test_a_mind_with_other_values_begins_anew() -> None:
    assert stamp(mind(Favourite(0.3)), HERE) != stamp(TOY, HERE)
    assert stamp(mind(Favourite(), "another"), HERE) != stamp(TOY, HERE)
    assert stamp(replace(TOY), HERE) == stamp(TOY, HERE)


def test_another_mind_in_the_store_changes_nothing(whole: Found, tmp_path: Path) -> None:
    store = opened(tmp_path)
    find(HERE, mind(Spy(), "other"), TERMS, store, silent)
    same(find(HERE, TOY, TERMS, store, silent), whole)


def test_who_has_nothing_to_fit_has_one_fit_for_all_kinds(tmp_path: Path) -> None:
    null = find(HERE, mind(NullParticipant(), "null"), TERMS, opened(tmp_path), silent)
    assert null.values == {}
    assert null.n_evaluations == 1
    np.testing.assert_array_equal(null.nats(FREE, "refit"), null.nats(FREE, "headline"))
    np.testing.assert_allclose(null.nats(FREE, "headline"), HERE.null(FREE).nats, rtol=1e-6)


def test_budgets_are_the_same_for_one_parameter_and_for_none_but_the_sensitivity() -> None:
    """What is granted is one number; who has no parameters needs none of it."""
    assert n_steps(HERE, mind(NullParticipant(), "null"), TERMS) == 1
    once = replace(TERMS, unseen=False)
    assert n_steps(HERE, TOY, once) == 1 + TERMS.budget.n_generations


def test_without_refits_only_the_headline_is_known(tmp_path: Path) -> None:
    found = find(HERE, TOY, replace(TERMS, unseen=False), opened(tmp_path), silent)
    assert found.nats(FREE, "headline") is not None
    assert found.nats(FREE, "refit") is None
    assert found.nats(FREE, "unseen") is None


def test_the_fit_to_a_paradigm_alone_is_no_worse_there_than_that_to_all(whole: Found) -> None:
    """On training responses, with the same budget; the first tried is the same."""
    toy = Mind("toy", (Favourite(),))
    for name in (FREE, SERIAL):
        published = HERE.loss(toy, [name], {})
        assert whole.loss[name] <= published + 1e-6


def test_other_answers_of_the_same_people_are_searched_anew(tmp_path: Path) -> None:
    lists = np.array([[[6, 5, 4, 1, 2, 3]] * 4, [[6, 4, 5, 3, 1, 2]] * 4])
    here, turned = (Arena({FREE: recall_study(each)}) for each in (lists, lists[:, :, ::-1].copy()))
    find(here, TOY, TERMS, opened(tmp_path), silent)
    again = find(turned, TOY, TERMS, opened(tmp_path), silent)
    elsewhere = tmp_path / "fresh"
    elsewhere.mkdir()
    fresh = find(turned, TOY, TERMS, opened(elsewhere), silent)
    np.testing.assert_array_equal(again.nats(FREE, "headline"), fresh.nats(FREE, "headline"))


def test_seconds_are_counted_once(tmp_path: Path) -> None:
    began = time.perf_counter()
    found = find(HERE, TOY, TERMS, opened(tmp_path), silent)
    assert found.seconds <= time.perf_counter() - began


def test_what_was_fitted_to_is_not_unseen(tmp_path: Path) -> None:
    """Who sits one paradigm has nothing else to be fitted to, but one fit is its refit too."""
    here = Arena({FREE: recall_study([[[6, 5, 4, 1, 2, 3]] * 4] * 2)})
    found = find(here, TOY, TERMS, opened(tmp_path), silent)
    assert found.nats(FREE, "unseen") is None
    np.testing.assert_array_equal(found.nats(FREE, "refit"), found.nats(FREE, "headline"))
