"""Scenes from a file of the layout of the fixed test draw."""

from __future__ import annotations

import zipfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Shaped

from cogmem.errors import DataNotFound, InvalidValue
from cogmem.tasks.scene_world import GROUPS, SPLITS, SceneData, Scenes, SceneWorld, World

__all__ = ["load_scenes"]

Stored = dict[str, Shaped[np.ndarray, "*shape"]]

_ENTITY_KEYS = dict(zip(GROUPS, ("b", "p", "g", "y", "col", "act", "dang"), strict=True))
_SCENE_KEYS = dict(
    zip(
        Scenes._fields,
        ("sit", "ents", "box", "scene", "pair", "s", "o", "pred", "geo", "pbox"),
        strict=True,
    )
)
_FEATURES = ("boxes", "scene", "pair_boxes")


def load_scenes(path: str | Path) -> SceneData:
    """Scenes from a file of the layout of the fixed test draw.

    Keys, for split in train, known, novel: {split}_sit (scene), _ents (scene, position), _box
    (scene, position, feature), _scene (scene, feature), _pair (scene, pair, 2), _s, _o, _pred, _geo
    (scene, pair), _pbox (scene, pair, feature); ent_b, ent_p, ent_g, ent_y, ent_col, ent_act,
    ent_dang (entity); pred_table (P-class, P-class, geometry, predicate). Features become float32.

    All sizes are taken from the file. It does not say which entities are known: those below the
    first id of a novel scene are. Nor has it prototypes, situation weights or vectors, so
    `more_scenes` and `views` cannot be had; the standard deviations in `world.design` are defaults.

    Args:
        path: of the npz file.

    Raises:
        DataNotFound: if there is no such file.
        InvalidValue: if it is no npz file, lacks keys, or has arrays of wrong shapes, indices out
            of range, features that are not finite, or entities that are both known and novel.
    """
    arrays = _read(Path(path))
    entities = {name: arrays[f"ent_{key}"] for name, key in _ENTITY_KEYS.items()}
    splits = {
        split: {name: arrays[f"{split}_{key}"] for name, key in _SCENE_KEYS.items()}
        for split in SPLITS
    }
    table = arrays["pred_table"]
    _check_table(table)
    _check_entities(entities, len(table))
    for split, scenes in splits.items():
        _check_split(split, scenes, len(entities["b_class"]), table.shape[2:])
        for name in ("boxes", "pairs"):
            _check_alike(f"{split}_{_SCENE_KEYS[name]}", scenes[name], splits[SPLITS[0]][name])
    design = _design(entities, splits, table.shape)
    world = World(**_narrow(entities), predicates=jnp.asarray(table, jnp.float32), design=design)
    return SceneData(world, *(Scenes(**_narrow(splits[split])) for split in SPLITS))


def _narrow(stored: Stored) -> dict[str, Shaped[Array, "*shape"]]:
    """As float32 and int32."""
    narrow = {"f": jnp.float32}
    return {k: jnp.asarray(v, narrow.get(v.dtype.kind, jnp.int32)) for k, v in stored.items()}


def _read(path: Path) -> Stored:
    if not path.exists():
        raise DataNotFound(f"there is no file of scenes {path}; check the path.")
    try:
        with np.load(path) as stored:
            arrays = dict(stored)
    except (ValueError, zipfile.BadZipFile, TypeError, EOFError) as error:
        raise InvalidValue(f"{path} is no npz file of scenes: {error}") from error
    expected = [f"ent_{key}" for key in _ENTITY_KEYS.values()] + ["pred_table"]
    expected += [f"{split}_{key}" for split in SPLITS for key in _SCENE_KEYS.values()]
    missing = [key for key in expected if key not in arrays]
    if missing:
        given = f"{path} lacks {', '.join(missing)}"
        raise InvalidValue(f"{given}: expected the layout that load_scenes describes.")
    return arrays


def _check_table(table: Float[np.ndarray, "*shape"]) -> None:
    square = table.ndim == 4 and table.shape[0] == table.shape[1] and table.size > 0
    if not square or not np.allclose(table.sum(-1), 1, atol=1e-3) or table.min() < 0:
        given = f"pred_table has shape {table.shape}"
        expected = "(P-class, P-class, geometry, predicate), probabilities that add to 1"
        raise InvalidValue(f"{given}: expected {expected} along the last axis.")


def _check_entities(entities: Stored, n_p_classes: int) -> None:
    n = entities["b_class"].size
    for name, values in entities.items():
        key = f"ent_{_ENTITY_KEYS[name]}"
        _check_shape(key, values, (n,))
        top = {"p_class": n_p_classes, "danger": 2}.get(name)
        _check_range(key, values, top)


def _check_split(split: str, scenes: Stored, n_entities: int, outcomes: tuple[int, ...]) -> None:
    """Shapes, ranges, and that subjects and objects are the entities at their positions."""

    def key(name: str) -> str:
        return f"{split}_{_SCENE_KEYS[name]}"

    n, n_positions = _sizes(key("entities"), scenes["entities"])
    n_pairs, features = scenes["pairs"].shape[1:2], scenes["boxes"].shape[2:]
    shapes = dict.fromkeys(("subjects", "objects", "predicates", "geometry"), (n, *n_pairs))
    shapes |= {"situation": (n,), "pairs": (n, *n_pairs, 2)}
    shapes |= {"entities": (n, n_positions), "boxes": (n, n_positions, *features)}
    shapes |= {"scene": (n, *features), "pair_boxes": (n, *n_pairs, *features)}
    tops = dict.fromkeys(("entities", "subjects", "objects"), n_entities)
    tops |= {"pairs": n_positions, "geometry": outcomes[0], "predicates": outcomes[1]}
    for name, values in scenes.items():
        _check_shape(key(name), values, shapes[name])
        if name not in _FEATURES:
            _check_range(key(name), values, tops.get(name))
        elif not np.isfinite(values).all():
            raise InvalidValue(f"{key(name)} has features that are not finite; mend the file.")
    for role, name in enumerate(("subjects", "objects")):
        at = np.take_along_axis(scenes["entities"], scenes["pairs"][..., role], axis=1)
        if (at != scenes[name]).any():
            expected = f"the entities of {key('entities')} at the positions of {key('pairs')}"
            raise InvalidValue(f"{key(name)} are not {expected}; mend the file.")


def _sizes(key: str, values: Int[np.ndarray, "*shape"]) -> tuple[int, int]:
    if values.ndim != 2 or not values.size:
        raise InvalidValue(f"{key} has shape {values.shape}; expected (scene, position).")
    return values.shape


def _check_shape(key: str, values: Shaped[np.ndarray, "*shape"], expected: tuple[int, ...]) -> None:
    if values.shape != expected or not values.size:
        raise InvalidValue(f"{key} has shape {values.shape}; expected {expected}, none of them 0.")


def _check_alike(
    key: str, values: Shaped[np.ndarray, "*shape"], train: Shaped[np.ndarray, "*shape"]
) -> None:
    if values.shape[1:] != train.shape[1:]:
        given = f"{key} has shape {values.shape}, of training scenes {train.shape}"
        raise InvalidValue(f"{given}; expected scenes of the same form.")


def _check_range(key: str, values: Int[np.ndarray, "*shape"], top: int | None) -> None:
    """Whole numbers from 0, below `top` if there is one."""
    if values.dtype.kind not in "iu":
        raise InvalidValue(f"{key} is {values.dtype}; expected whole numbers.")
    least, most = int(values.min()), int(values.max())
    if least < 0 or (top is not None and most >= top):
        expected = "0 or more" if top is None else f"0 to {top - 1}"
        raise InvalidValue(f"{key} has values of {least} to {most}; expected {expected}.")


def _design(
    entities: Stored,
    splits: dict[str, Stored],
    table_shape: tuple[int, ...],
) -> SceneWorld:
    """The sizes of a file, in the form of the constants."""
    n_p_classes, _, n_geometries, n_predicates = table_shape
    n_known, sizes = _n_known(splits), {name: int(v.max()) + 1 for name, v in entities.items()}
    danger, g_class, activity = (entities[name] for name in ("danger", "g_class", "activity"))
    per_class = (danger[entities["p_class"] == p] for p in range(n_p_classes))
    per_group = (activity[g_class == g] for g in range(sizes["g_class"]))
    situations = max(int(scenes["situation"].max()) for scenes in splits.values()) + 1
    return SceneWorld(
        n_features=splits["train"]["scene"].shape[1],
        n_known=n_known,
        n_novel=len(danger) - n_known,
        n_train=len(splits["train"]["scene"]),
        n_test=len(splits["known"]["scene"]),
        n_per_scene=splits["train"]["entities"].shape[1],
        n_pairs=splits["train"]["predicates"].shape[1],
        n_g_classes=sizes["g_class"],
        n_p_classes=n_p_classes,
        # A last class without entities is not seen; all P-classes have as many B-classes.
        n_b_classes=-(-sizes["b_class"] // n_p_classes) * n_p_classes,
        n_ages=sizes["age"],
        n_colours=sizes["colour"],
        activities=tuple((int(a.min()), int(a.max())) if a.size else (0, 0) for a in per_group),
        danger=tuple(int(values.max(initial=0)) for values in per_class),
        n_situations=situations,
        n_geometries=n_geometries,
        n_predicates=n_predicates,
    )


def _n_known(splits: dict[str, Stored]) -> int:
    known = max(int(splits[split]["entities"].max()) for split in ("train", "known"))
    novel = int(splits["novel"]["entities"].min())
    if known >= novel:
        given = f"entity {known} is in a scene of known ones, entity {novel} in one of novel ones"
        raise InvalidValue(f"{given}; expected novel ids above all known ones.")
    return novel
