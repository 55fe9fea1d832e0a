"""Free recall as a set of matrices, the form of the EMBAM (MATLAB) and pyBeh toolboxes.

One row per list, in all matrices: `recalls` (serial positions; 0 = none, -1 = intrusion),
`pres_itemnos` and `rec_itemnos` (1-based numbers of words; 0 = none, -1 = unknown), `times` (onset
of each response in ms; 0 = none), `subject`, `trial`, `listLength`. Further matrices are kept:
`pres_X` has a value per word studied, `rec_X` per response, any other one per list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike

from cogmem.data.csv_files import existing_file
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue

__all__ = ["from_matrices", "numbered", "read_matrices", "to_matrices", "write_matrices"]

Matrices = dict[str, np.ndarray]

_STUDIED, _SAID = "pres_", "rec_"
_CORE = (
    "recalls",
    "pres_itemnos",
    "rec_itemnos",
    "times",
    "subject",
    "trial",
    "listLength",
    "intrusions",
    "wordpool",
    "attrs",
)


def from_matrices(matrices: Mapping[str, ArrayLike], **attrs: Any) -> Recalls:
    """`Recalls` from matrices.

    Args:
        matrices: by name, see above. `recalls` and `subject` are needed, and `listLength` (a number
            or one per list) or `pres_itemnos`. `wordpool` names the words that the item numbers
            count; without it words are called by their numbers. `intrusions` is not read: it
            follows from the words, if those said are known.
        **attrs: where the data come from.

    Raises:
        InvalidValue: if a matrix is missing or has another number of lists.
    """
    given = {name: np.asarray(values) for name, values in matrices.items() if name != "attrs"}
    _check(given)
    recalls, n_lists = given["recalls"], len(given["recalls"])
    positions = given.get("pres_itemnos", np.zeros((n_lists, 0)))
    options: dict[str, Any] = _further(given)
    if "pres_itemnos" in given:
        options |= _words(given)
    if "times" in given:
        options["times"] = _seconds(given["times"], recalls)
    if "trial" in given:
        options["list_id"] = given["trial"]
    return Recalls.from_positions(
        recalls,
        list_length=given.get("listLength", np.asarray(positions.shape[1])),
        subject=given["subject"],
        attrs=_attributes(matrices) | attrs,
        **options,
    )


def to_matrices(recalls: Recalls) -> Matrices:
    """The matrices of `Recalls`; `from_matrices` inverts it.

    `intrusions` is written too, as these toolboxes count it: lists since the word was studied, -1
    if it never was.

    Raises:
        InvalidValue: if a column is called as one of the format's own.
    """
    further = {
        **recalls.by_list,
        **{_STUDIED + name: values for name, values in recalls.by_position.items()},
        **{_SAID + name: values for name, values in recalls.by_output.items()},
    }
    taken = sorted(set(further) & set(_CORE))
    if taken:
        raise InvalidValue(f"column(s) {taken} have names of the format's own: rename them.")
    onset = recalls.times.astype(float) * 1000
    lag = np.where(recalls.recalls == -1, np.where(recalls.prior_lag, recalls.prior_lag, -1), 0)
    studied = np.arange(recalls.items.shape[1]) < recalls.list_length[:, None]
    return {
        "recalls": recalls.recalls,
        "pres_itemnos": _numbers(recalls.items, studied),
        "rec_itemnos": _numbers(recalls.responses, recalls.recalls != 0),
        "times": np.where(recalls.recalls != 0, onset, 0),
        "intrusions": lag.astype(np.int16),
        "subject": recalls.subject,
        "trial": recalls.list_id,
        "listLength": recalls.list_length,
        "wordpool": recalls.pool,
        "attrs": np.array(json.dumps(dict(recalls.attrs))),
        **further,
    }


def write_matrices(recalls: Recalls, path: str | PathLike[str]) -> None:
    """Write `to_matrices` as .mat (a struct `data`) or .npz, by the ending of `path`.

    Reading it again gives the same numbers and texts; a .mat has no booleans: they become 0 and 1.

    Raises:
        InvalidValue: if the ending is another, or two columns have one name.
    """
    matrices, path = to_matrices(recalls), Path(path)
    _check_ending(path)
    if path.suffix == ".npz":
        np.savez_compressed(path, **matrices)  # type: ignore[arg-type]
        return
    from scipy.io import savemat

    texts = {k: v.astype(object) if v.dtype.kind == "U" else v for k, v in matrices.items()}
    savemat(path, {"data": texts}, do_compression=True, long_field_names=True)


def read_matrices(path: str | PathLike[str], **attrs: Any) -> Recalls:
    """`Recalls` from a .mat (EMBAM: a struct `data`; or matrices alone) or .npz file.

    Raises:
        DataNotFound: if there is no such file.
        InvalidValue: if the ending is another or the file is damaged, or see `from_matrices`.
    """
    path = Path(path)
    _check_ending(path)
    found = _loaded(existing_file(path, "matrices (.mat or .npz)"))
    if path.suffix == ".npz":
        return from_matrices(found, **attrs)
    found = found.get("data", {k: v for k, v in found.items() if not k.startswith("__")})
    arrays = {name: values for name, values in found.items() if not isinstance(values, dict)}
    return from_matrices({k: _plain(np.asarray(v)) for k, v in arrays.items()}, **attrs)


def _loaded(path: Path) -> dict[str, Any]:
    """What a file holds, by name."""
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                return dict(file)
        return _matlab(path)
    except NotImplementedError as error:  # scipy's word for HDF5 files
        raise InvalidValue(
            f"{path} is of MATLAB 7.3, expected an earlier form: in MATLAB, save it with '-v7'."
        ) from error
    except (ValueError, TypeError, EOFError, OSError, BadZipFile) as error:
        raise InvalidValue(
            f"{path} cannot be read as {path.suffix} ({type(error).__name__}: {error})."
        ) from error


def _matlab(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        return loadmat(path, simplify_cells=True)
    except MatReadError as error:  # the one error of scipy's own, and no ValueError
        raise ValueError(str(error)) from error


def numbered(items: np.ndarray, responses: np.ndarray) -> Matrices:
    """Pool, items and responses of words known by number alone; numbers below 1 are unknown.

    Args:
        items: [trial, position] number of each word studied.
        responses: [trial, output] number of each word said.

    Returns:
        The arguments of `Recalls` of these names.
    """
    pool = np.unique(np.concatenate([items[items > 0], responses[responses > 0]]))

    def index(numbers: np.ndarray) -> np.ndarray:
        return np.where(numbers > 0, np.searchsorted(pool, numbers), -1).astype(np.int32)

    return {"pool": pool.astype(str), "items": index(items), "responses": index(responses)}


def _words(given: Matrices) -> Matrices:
    items = given["pres_itemnos"].astype(int)
    said = given.get("rec_itemnos", _at_positions(items, given["recalls"])).astype(int)
    if "wordpool" not in given:
        return numbered(items, said)
    items, said = (np.where(n > 0, n - 1, -1).astype(np.int32) for n in (items, said))
    return {"pool": np.atleast_1d(given["wordpool"]), "items": items, "responses": said}


def _at_positions(items: np.ndarray, recalls: np.ndarray) -> np.ndarray:
    """Number of the word at each position recalled; 0 where there is none."""
    words = np.take_along_axis(items, np.maximum(recalls.astype(int) - 1, 0), axis=1)
    return np.where(recalls > 0, words, 0)


def _seconds(milliseconds: np.ndarray, recalls: np.ndarray) -> np.ndarray:
    return np.where(recalls != 0, milliseconds / 1000, np.nan).astype(np.float32)


def _numbers(codes: np.ndarray, present: np.ndarray) -> np.ndarray:
    """1-based numbers of words, -1 where a word is not known, 0 where there is none."""
    return np.where(present, np.where(codes >= 0, codes + 1, -1), 0)


def _further(given: Matrices) -> dict[str, Matrices]:
    """by_list, by_position and by_output."""
    rest = {name: values for name, values in given.items() if name not in _CORE and values.ndim}
    groups: dict[str, Matrices] = {"by_list": {}, "by_position": {}, "by_output": {}}
    for name, values in rest.items():
        if values.ndim == 1:
            groups["by_list"][name] = values
        elif name.startswith(_STUDIED):
            groups["by_position"][name.removeprefix(_STUDIED)] = values
        elif name.startswith(_SAID):
            groups["by_output"][name.removeprefix(_SAID)] = values
    return groups


def _check(given: Matrices) -> None:
    if missing := [name for name in ("recalls", "subject") if name not in given]:
        raise InvalidValue(f"no {' and no '.join(missing)} among {sorted(given)}.")
    if not {"listLength", "pres_itemnos"} & set(given):
        raise InvalidValue("neither listLength nor pres_itemnos: how many words were studied?")
    n_lists = len(given["recalls"])
    for name, values in given.items():
        if name != "wordpool" and values.ndim and len(values) != n_lists:
            raise InvalidValue(f"{name} has {len(values)} rows, expected {n_lists} as in recalls.")


def _check_ending(path: Path) -> None:
    if path.suffix not in (".mat", ".npz"):
        raise InvalidValue(f"{path.name} ends in {path.suffix!r}, expected .mat or .npz.")


def _attributes(matrices: Mapping[str, ArrayLike]) -> dict[str, Any]:
    return json.loads(str(np.asarray(matrices["attrs"]))) if "attrs" in matrices else {}


def _plain(values: np.ndarray) -> np.ndarray:
    """Cells of text, as MATLAB has them, as an array of text; an empty cell is an empty text."""
    if values.dtype != object:
        return values
    cells = ["" if np.size(each) == 0 else each for each in values.flat]
    texts = all(isinstance(each, str) for each in cells)
    return np.array(cells, dtype=str).reshape(values.shape) if texts else values
