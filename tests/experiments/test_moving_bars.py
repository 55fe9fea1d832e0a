"""Films in a hierarchy: unions and labels by hand, and what lateral evidence is for."""

from __future__ import annotations

import builtins
from typing import Any

import jax
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cogmem.errors import MissingExtra
from cogmem.lab.experiment import Session, find_experiment
from cogmem.models.sparsey_network import perceive
from experiments.moving_bars import (
    EXPERIMENT,
    Config,
    hierarchy,
    looks,
    read_outs,
    some_films,
    union,
)

KEY = jax.random.key(5)
SMALL = Config(n_each=1)


# ---- by hand -------------------------------------------------------------------------------------


def test_the_union_of_a_film_by_hand() -> None:
    """One film of two frames, two macrocolumns of one module and three cells; one is silent."""
    code = np.array([[[[0], [-1]], [[2], [-1]]]])
    assert union(code, 3).tolist() == [[1, 0, 1, 0, 0, 0]]


def test_read_outs_by_hand() -> None:
    """The first item shares two cells with film 0; the second one with film 1, none with film 0."""
    pytest.importorskip("sklearn")
    train = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], np.float32)
    test = np.array([[1, 1, 1, 0], [0, 0, 0, 1]], np.float32)
    for said in read_outs(train, np.array([7, 3]), test):
        assert said.tolist() == [7, 3]


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *args: Any, **more: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"cogmem\[images\]"):
        read_outs(np.eye(2, dtype=np.float32), np.arange(2), np.eye(2, dtype=np.float32))


def test_looks_are_at_powers_of_two() -> None:
    assert looks(Config(n_each=5)) == [1, 2, 4]


def test_the_plan() -> None:
    """Windows of 8 pixels, 4 apart; all of level 1 seen by all of level 2; persistence doubles."""
    levels = hierarchy(SMALL, "U H D").levels
    assert [level.n_macs for level in levels] == [4, 4, 1]
    assert [level.persistence for level in levels] == [1, 2, 4]
    assert [level.mac.n_lateral for level in levels] == [3, 3, 1]
    assert [level.mac.n_above > 0 for level in levels] == [True, True, False]
    # Pixels 4 to 7 of a row are seen by both windows.
    seen = [set(np.asarray(field).tolist()) for field in levels[0].below[:2]]
    assert {4, 5, 6, 7} <= seen[0] & seen[1]
    assert (3 in seen[0], 3 in seen[1]) == (True, False)


# ---- what comes out ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tree() -> xr.DataTree:
    pytest.importorskip("sklearn")
    return EXPERIMENT.run(SMALL, Session())


@pytest.mark.slow
def test_order_needs_lateral_evidence(tree: xr.DataTree) -> None:
    """Shown backwards, films keep their direction if only U counts, and not with H, at level 1.

    Of 4 x 8 films, a share of .5 has a standard error of .09: U must be above and U H below .5 by
    four of them at least (expected 1 and 0).
    """
    own = tree["backwards"]["mean"].sel(level=1, n_each=1, read_out="nearest code")
    assert float(own.sel(evidence="U")) > 0.5 + 4 * 0.09
    assert float(own.sel(evidence="U H")) < 0.5 - 4 * 0.09


@pytest.mark.slow
def test_bottom_up_evidence_leaves_direction_to_chance(tree: xr.DataTree) -> None:
    """New films: at most half are right by orientation alone, and more with lateral evidence.

    Of 4 x 32 films, a share of .5 has a standard error of .044 if films are independent; they
    share networks, so that six are allowed.
    """
    right = tree["accuracy"]["mean"].sel(level=1, n_each=1, read_out="linear classifier")
    assert float(right.sel(evidence="U")) < 0.5 + 6 * 0.044
    assert float(right.sel(evidence="U H")) > 0.5 + 6 * 0.044
    assert float(right.sel(evidence="U")) > 1 / 8 + 4 * 0.044


@pytest.mark.slow
def test_known_films_are_recalled_and_familiar(tree: xr.DataTree) -> None:
    """Against another film (about .15), and against G of the same backwards, by 4 errors each."""
    recalled = tree["recall"].sel(evidence="U H D", n_each=1, frame=8)
    other = float(tree["other_film"]["mean"].sel(frame=8))
    assert float(recalled["mean"] - 4 * recalled["se"]) > other
    each = tree["familiarity"].sel(evidence="U H D", n_each=1, level=1, frame=slice(2, None))
    means = each["mean"].mean("frame")
    assert float(means.sel(shown="learnt") - means.sel(shown="backwards")) > 4 * float(
        each["se"].max()
    )


@pytest.mark.slow
def test_every_number_is_in_the_table_and_the_figure_draws(tree: xr.DataTree) -> None:
    table = EXPERIMENT.numbers(tree)
    assert not table["mean"].isna().any()
    parts = {"accuracy", "backwards", "pixels", "recall", "familiarity", "area", "pictures"}
    assert parts <= set(table["part"])
    assert isinstance(EXPERIMENT.plot(tree), Figure)
    assert find_experiment("moving_bars").name == "moving_bars"


TINY = Config(n_each=1, n_test=1, n_modules=6, n_cells=8)


@pytest.mark.slow
def test_evidence_without_power_is_as_good_as_absent() -> None:
    """Codes are the same whether D is ignored or there are no such synapses."""
    films = some_films(TINY, key=KEY)
    codes = []
    for top_down in (True, False):
        network = hierarchy(TINY, "U H", top_down=top_down)
        _, moments = perceive(network, network.begin(), films.learnt, key=KEY, learning=True)
        codes.append([np.asarray(moment.code) for moment in moments])
    for with_d, without_d in zip(*codes, strict=True):
        np.testing.assert_array_equal(with_d, without_d)


@pytest.mark.slow
def test_by_bottom_up_evidence_level_1_does_not_notice_order() -> None:
    """Frame by frame, codes backwards are the codes forwards; with lateral evidence, they are not.

    At level 1, where no code stays on for longer than its frame.
    """
    films = some_films(TINY, key=KEY).learnt
    same = {}
    for evidence in ("U", "U H"):
        network = hierarchy(TINY, evidence)
        memory, _ = perceive(network, network.begin(), films, key=KEY, learning=True)
        codes = [perceive(network, memory, shown, key=KEY)[1][0].code for shown in _both(films)]
        same[evidence] = (codes[0] == codes[1][:, ::-1]).mean()
    assert same["U"] == 1
    assert same["U H"] < 0.9


def _both(films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return films, films[:, ::-1]
