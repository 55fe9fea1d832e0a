"""A file of scenes: what is written is read, and what cannot be is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from cogmem.errors import DataNotFound, InvalidValue
from cogmem.tasks.scenes import (
    SPLITS,
    SceneData,
    SceneWorld,
    draw_scenes,
    label_table,
    load_scenes,
    more_scenes,
    views,
)
from tests.tasks.some_scenes import KEY, SMALL, only_of_the_fixed_draw, splits, stored

SCENE_KEYS = ("sit", "ents", "box", "scene", "pair", "s", "o", "pred", "geo", "pbox")
ENTITY_KEYS = ("b", "p", "g", "y", "col", "act", "dang")


def arrays_of(data: SceneData) -> dict[str, np.ndarray]:
    """The layout of the fixed draw."""
    arrays = {f"ent_{k}": np.array(v) for k, v in zip(ENTITY_KEYS, data.world[:7], strict=True)}
    arrays["pred_table"] = np.array(data.world.predicates)
    for split, scenes in splits(data).items():
        stored = zip(SCENE_KEYS, scenes, strict=True)
        arrays |= {f"{split}_{key}": np.array(values) for key, values in stored}
    return arrays


def saved(arrays: dict[str, np.ndarray], folder: Path) -> Path:
    path = folder / "scenes.npz"
    np.savez(path, **arrays)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Of other sizes than the fixed draw; what a file does not keep is None."""
    data = draw_scenes(SMALL, key=KEY)
    back = load_scenes(saved(arrays_of(data), tmp_path))
    for split in SPLITS:
        for one, other in zip(getattr(data, split), getattr(back, split), strict=True):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(label_table(data.world), label_table(back.world))
    assert back.world.n_known == int(data.novel.entities.min())
    assert (back.world.design.n_features, back.world.design.n_train) == (5, 7)
    with pytest.raises(InvalidValue, match="no situation_weights: it was read from a file"):
        more_scenes(back.world, 3, known=True, key=KEY)
    with pytest.raises(InvalidValue, match="no prototypes"):
        views(back.world, np.array([0]), 1, key=KEY)


def test_sizes_of_the_fixed_draw_are_those_of_the_defaults() -> None:
    only_of_the_fixed_draw()
    assert stored().world.design == SceneWorld()
    assert stored().train.boxes.dtype == np.float32


@pytest.mark.parametrize(
    ("key", "place", "value", "message"),
    [
        ("train_ents", (0, 0), 15, "train_ents has values of . to 15; expected 0 to 14"),
        ("known_pred", (0, 0), 16, "known_pred has values of . to 16; expected 0 to 15"),
        ("known_geo", (0, 0), -1, "known_geo has values of -1"),
        ("novel_pair", (0, 0, 0), 4, "novel_pair has values of . to 4; expected 0 to 3"),
        ("ent_p", 0, 6, "ent_p has values of . to 6; expected 0 to 5"),
        ("ent_dang", 0, 2, "ent_dang has values of 0 to 2"),
        ("train_box", (0, 0, 0), math.nan, "train_box has features that are not finite"),
        ("train_s", (0, 0), None, "train_s are not the entities of train_ents"),
        ("pred_table", (0, 0, 0, 0), 3.0, "pred_table .* probabilities that add to 1"),
    ],
)
def test_values_that_cannot_be(
    key: str, place: tuple[int, ...], value: float | None, message: str, tmp_path: Path
) -> None:
    arrays = arrays_of(draw_scenes(SMALL, key=KEY))
    other = (int(arrays[key][place]) + 1) % 9 if value is None else value
    arrays[key][place] = other
    with pytest.raises(InvalidValue, match=message):
        load_scenes(saved(arrays, tmp_path))


def test_files_that_are_no_scenes(tmp_path: Path) -> None:
    arrays = arrays_of(draw_scenes(SMALL, key=KEY))
    with pytest.raises(DataNotFound, match=r"no file of scenes .*absent.npz"):
        load_scenes(tmp_path / "absent.npz")
    lacking = {k: v for k, v in arrays.items() if k not in ("ent_b", "novel_geo")}
    with pytest.raises(InvalidValue, match="lacks ent_b, novel_geo"):
        load_scenes(saved(lacking, tmp_path))
    for cut in ("train_geo", "train_box", "ent_y", "novel_pbox"):
        with pytest.raises(InvalidValue, match=f"{cut} has shape"):
            load_scenes(saved({**arrays, cut: arrays[cut][:-1]}, tmp_path))
    fewer = {f"novel_{k}": arrays[f"novel_{k}"][..., :3] for k in ("box", "scene", "pbox")}
    with pytest.raises(InvalidValue, match=r"novel_box .* expected scenes of the same form"):
        load_scenes(saved({**arrays, **fewer}, tmp_path))
    for text in (b"", b"no archive"):
        (tmp_path / "text.npz").write_bytes(text)
        with pytest.raises(InvalidValue, match="no npz file of scenes"):
            load_scenes(tmp_path / "text.npz")


def test_an_entity_is_known_or_novel(tmp_path: Path) -> None:
    data = draw_scenes(SMALL, key=KEY)
    mixed = data._replace(novel=data.known)
    with pytest.raises(InvalidValue, match="expected novel ids above all known ones"):
        load_scenes(saved(arrays_of(mixed), tmp_path))
