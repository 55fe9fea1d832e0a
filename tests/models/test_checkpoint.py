"""Saved states: what comes back is what was saved, and only into the same model."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.models.checkpoint import load_state, save_state
from cogmem.models.code_selection import CodeSelection
from cogmem.models.permanence import Stepwise
from cogmem.models.sparsey import Mac
from cogmem.models.sparsey_grid import Grid, build
from cogmem.models.sparsey_memory import recognise, store

ITEMS = np.eye(8, dtype=bool)[:, np.arange(24) % 8]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    mac = Mac(24, 5, 4)
    path = tmp_path / "weights"
    save_state(path, mac, store(mac, ITEMS, key=jax.random.key(0))[0])
    return path


def test_what_was_learnt_is_known_after_loading(saved: Path) -> None:
    mac = Mac(24, 5, 4)
    memory = load_state(saved, mac, mac.begin())
    before = store(mac, ITEMS, key=jax.random.key(0))[0]
    assert jax.tree.all(jax.tree.map(lambda a, b: (a == b).all(), before, memory))
    assert float(recognise(mac, memory, ITEMS, key=jax.random.key(1)).familiarity.min()) == 1


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (Mac(24, 5, 3), r"n_cells: 4 in the file, 3 here"),
        (Mac(24, 5, 4, CodeSelection(gain=50.0)), r"gain: 100 in the file, 50 here"),
        (Mac(24, 5, 4, permanence=Stepwise()), r"permanence: Lasting in the file, Stepwise here"),
    ],
)
def test_another_configuration_is_refused(saved: Path, other: Mac, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        load_state(saved, other, other.begin())


def test_numbers_as_arrays_are_the_same_configuration(saved: Path) -> None:
    mac = jax.tree.map(jnp.asarray, Mac(24, 5, 4))
    load_state(saved, mac, mac.begin())


def test_other_and_broken_files_are_refused(saved: Path, tmp_path: Path) -> None:
    mac = Mac(24, 5, 4)
    with pytest.raises(InvalidValue, match="there is no file"):
        load_state(tmp_path / "none", mac, mac.begin())
    text = tmp_path / "text"
    text.write_text("subject,list\n1,2\n")
    with pytest.raises(InvalidValue, match="not a file of save_state"):
        load_state(text, mac, mac.begin())
    saved.write_bytes(saved.read_bytes()[:-200])
    with pytest.raises(InvalidValue, match="damaged"):
        load_state(saved, mac, mac.begin())


def test_a_network_is_saved_with_its_receptive_fields(tmp_path: Path) -> None:
    plan = [Grid(2, 2, Mac(1, 3, 4), window=(3, 3))]
    network = build((6, 6), plan)
    save_state(tmp_path / "net", network, network.begin())
    load_state(tmp_path / "net", network, network.begin())
    other = build((6, 6), [Grid(2, 2, Mac(1, 3, 4), radius=0.4)])
    with pytest.raises(InvalidValue, match="another model"):
        load_state(tmp_path / "net", other, other.begin())


def test_a_state_of_another_model_is_not_saved(tmp_path: Path) -> None:
    """Of another size, of the same size with Q and K swapped, and with the moments beside it."""
    mac = Mac(24, 5, 4)
    memory, moments = store(mac, ITEMS, key=jax.random.key(0))
    for other in (Mac(24, 5, 3), Mac(24, 4, 5)):
        with pytest.raises(InvalidValue, match="not one of this Mac"):
            save_state(tmp_path / "wrong", other, memory)
    with pytest.raises(InvalidValue, match="not one of this Mac"):
        save_state(tmp_path / "wrong", mac, (memory, moments))
    assert not list(tmp_path.iterdir())


def test_more_than_a_state_is_damage_and_a_wrong_likeness_is_told(saved: Path) -> None:
    mac = Mac(24, 5, 4)
    with pytest.raises(InvalidValue, match="not one of this Mac"):
        load_state(saved, mac, Mac(24, 5, 3).begin())
    saved.write_bytes(saved.read_bytes() + b"more")
    with pytest.raises(InvalidValue, match="more in it than a state"):
        load_state(saved, mac)
