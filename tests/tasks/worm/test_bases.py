"""What is right without memory."""

from __future__ import annotations

import numpy as np
import pytest

from cogmem.errors import UnknownName
from cogmem.tasks.worm.bases import base_rate, base_rates_by


def test_bases_are_those_of_the_tasks() -> None:
    """SFR: mean length 7.583 of 100 cells; VSR: 8 lists, 44 answers; STS .75; CS 5/32; VIR .5."""
    np.testing.assert_allclose(base_rate("SFR"), 91 / 12 / 100)
    np.testing.assert_allclose(base_rate("VSR"), 8 / 44)
    assert 0.745 < base_rate("STS") < 0.755
    np.testing.assert_allclose(base_rate("CS"), 5 / 32)
    assert {base_rate(name) for name in ("VIR", "SI", "SC", "VSRec")} == {1 / 2}


def test_the_middle_is_the_best_guess_of_updating() -> None:
    """.19 to .26 with few updates of a box (Sikarwar & Zhang's walk has .19 to .24)."""
    found = base_rates_by("SMU", "set_size")
    assert sorted(found) == list(range(1, 9))
    assert all(0.17 < share < 0.27 for share in found.values())
    by_length = base_rates_by("VSR", "list_length")
    np.testing.assert_allclose([by_length[n] for n in (2, 9)], [1 / 2, 1 / 9])


def test_unknown_names_are_errors() -> None:
    with pytest.raises(UnknownName, match="VIC"):
        base_rate("VIC")
    with pytest.raises(UnknownName, match="load"):
        base_rates_by("SMU", "load")


def test_changed_bars_may_stand_where_none_is_put() -> None:
    """Turned bars do in a quarter of changes, longer ones in a fifth, others never."""
    found = {k: base_rate(f"CD_{k}") for k in ("Color", "Gap", "Orientation", "Size", "Conj")}
    assert found["Color"] == found["Gap"] == 0.5
    assert 0.60 < found["Orientation"] < 0.65
    assert 0.58 < found["Size"] < 0.63
    assert 0.53 < found["Conj"] < 0.58


def test_straight_ways_are_the_best_guess_of_paths() -> None:
    """Three of sixteen for paths, one of eight for patterns."""
    assert base_rates_by("CS", "variation") == {0: 3 / 16, 1: 3 / 16, 2: 1 / 8, 3: 1 / 8}


def test_the_middle_depends_on_how_often_a_box_is_updated() -> None:
    """More often in it after one update than after two."""
    once, twice = (base_rates_by("SMU", "set_size", {"updates_per_box": n})[1] for n in (1, 2))
    assert once > twice + 0.02
