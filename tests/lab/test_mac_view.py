"""Looking inside a macrocolumn: the same numbers as the model's, under the reader's hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.mac_view import MacView, inside
from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_memory import recognise, store
from cogmem.tasks.sparse_items import random_items

KEY = jax.random.key(0)


def test_inside_equals_the_model() -> None:
    mac, items = Mac(144, 6, 5), random_items(2, 144, 12, key=KEY)
    found = inside(mac, items, items[0], key=KEY)
    memory, moments = store(mac, items, key=KEY)
    known = recognise(mac, memory, items[:1], key=KEY)
    assert found["stored"].values.tolist() == moments.code.tolist()
    assert float(found["familiarity"]) == float(known.familiarity[0]) == 1
    np.testing.assert_allclose(found["probability"].sum("cell"), 1, rtol=1e-6)
    wins = found["probability"].values[np.arange(6), moments.code[0]]
    np.testing.assert_allclose(found["overlap"].sel(item="A"), wins.mean(), rtol=1e-6)


def test_eta_by_hand_overrules_familiarity() -> None:
    """Of an item with G = 1, eta = 1.001 leaves nearly equal chances; eta from G does not."""
    mac, items = Mac(144, 6, 5), random_items(2, 144, 12, key=KEY)
    flat = inside(mac, items, items[0], eta=1.001, key=KEY)
    np.testing.assert_allclose(flat["probability"], 1 / 5, atol=1e-3)
    assert float(inside(mac, items, items[0], key=KEY)["expansivity"]) == pytest.approx(501)


def test_sliders_move_the_picture() -> None:
    pytest.importorskip("ipywidgets")
    view = MacView(kept=12)
    before = view.picture(view.values)
    overlaps = [
        float(view.dataset(view.values | {"kept": kept})["overlap"].sel(item="A"))
        for kept in (12, 9, 6, 0)
    ]
    assert (np.diff(overlaps) < 0).all()
    view.update(kept=3)
    assert view.values["kept"] == 3
    assert view.picture(view.values) != before
    assert "image/png" in view._repr_mimebundle_()


def test_unknown_and_impossible_values_are_refused() -> None:
    pytest.importorskip("ipywidgets")
    view = MacView()
    with pytest.raises(UnknownName, match="Did you mean 'kept'"):
        view.update(kep=3)
    with pytest.raises(InvalidValue, match="kept is 13, expected 0 to 12"):
        view.update(kept=13)
    with pytest.raises(UnknownName, match="parameter"):
        MacView(shown=("eta",))


def test_probes_are_jax_arrays_or_lists() -> None:
    mac = Mac(4, 2, 3)
    found = inside(mac, [[1, 0, 0, 0], [0, 0, 1, 1]], jnp.asarray([1, 0, 0, 0]), key=KEY)
    assert found.sizes == {"module": 2, "cell": 3, "row": 2, "column": 2, "item": 2}
