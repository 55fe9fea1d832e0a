"""Matrices and Psych-DS folders: what is written is read again, array for array."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from scipy.io import savemat

from cogmem.data import from_table, load
from cogmem.data.matrices import from_matrices, read_matrices, to_matrices, write_matrices
from cogmem.data.psych_ds import read_psych_ds, write_psych_ds
from cogmem.data.recalls import Recalls
from cogmem.data.registry import where
from cogmem.data.sets import entry
from cogmem.errors import DataNotFound, InvalidTable, InvalidValue, NoRecallRows
from tests.data.test_table import small, tables


def same(a: Recalls, b: Recalls) -> None:
    xr.testing.assert_identical(a.to_xarray(), b.to_xarray())
    for name, values in a.to_xarray().variables.items():
        assert values.dtype.kind == b.to_xarray()[name].dtype.kind, name


def some() -> Recalls:
    """Intrusions of both kinds, a repeat, an empty list, onsets, and columns of every kind."""
    recalls = from_table(small(), name="small", citation="none")
    times = np.where(recalls.recalls != 0, np.float32([0.7, 1.1, 2.3, 1e-3]), np.nan)
    sure = np.where(recalls.recalls != 0, np.arange(12.0).reshape(3, 4), np.nan)
    columns = {
        "by_list": {"delay": np.array([0, 16, 0]), "group": np.array(["a", "b", "a"])},
        "by_position": {"category": np.array([["x", "y", "x"], ["y", "y", "x"], ["x", "x", ""]])},
        "by_output": {"sure": sure},
    }
    return Recalls(**(vars(recalls) | columns | {"times": times.astype(np.float32)}))


@pytest.mark.parametrize("ending", [".npz", ".mat"])
def test_matrices_come_back(ending: str, tmp_path) -> None:
    write_matrices(some(), tmp_path / f"data{ending}")
    same(read_matrices(tmp_path / f"data{ending}"), some())


@pytest.mark.parametrize("ending", [".npz", ".mat"])
def test_four_people_of_a_study_come_back(ending: str, tmp_path) -> None:
    whole = load("morton2013").select(subject=load("morton2013").subjects[:4])
    write_matrices(whole, tmp_path / f"data{ending}")
    found = read_matrices(tmp_path / f"data{ending}")
    for name in ("recalls", "subject", "list_length", "list_id", "items", "responses", "pool"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    assert found.attrs == whole.attrs


def test_matrices_by_hand() -> None:
    """List 2 of person 1: bee, dog (studied one list before), bee again, yak (never)."""
    matrices = to_matrices(some())
    assert matrices["recalls"][1].tolist() == [3, -1, 3, -1]
    assert matrices["intrusions"][1].tolist() == [0, 1, 0, -1]
    words = [str(matrices["wordpool"][n - 1]) for n in matrices["rec_itemnos"][1]]
    assert words == ["bee", "dog", "bee", "yak"]
    np.testing.assert_allclose(matrices["times"][0], [700, 1100, 0, 0], rtol=1e-6)
    assert matrices["pres_itemnos"][2].tolist()[2] == 0


def test_a_struct_of_the_toolbox_is_read(tmp_path) -> None:
    """Words by number alone; onsets in ms; a number for the length of all lists."""
    data = {
        "recalls": [[2, 1, 0], [-1, 3, 3]],
        "pres_itemnos": [[7, 9, 4], [9, 8, 2]],
        "rec_itemnos": [[9, 7, 0], [4, 2, 2]],
        "times": [[500, 900, 0], [1, 2, 3]],
        "subject": [1, 1],
        "listLength": 3,
        "session": [1, 2],
        "pres": {"trial": [1, 2]},
    }
    savemat(tmp_path / "study.mat", {"data": data})
    found = read_matrices(tmp_path / "study.mat", name="study")
    assert found.pool[found.responses[1]].tolist() == ["4", "2", "2"]
    assert found.prior_lag.tolist() == [[0, 0, 0], [1, 0, 0]]
    assert found.times[0, :2].tolist() == [0.5, np.float32(0.9)]
    assert found.by_list["session"].tolist() == [1, 2]
    assert found.attrs["name"] == "study"


def test_matrices_that_do_not_fit_are_refused(tmp_path) -> None:
    good = {"recalls": np.array([[1, 2]]), "subject": np.array([1]), "listLength": 2}
    assert len(from_matrices(good)) == 1
    with pytest.raises(InvalidValue, match="no subject among"):
        from_matrices({k: v for k, v in good.items() if k != "subject"})
    with pytest.raises(InvalidValue, match="how many words were studied"):
        from_matrices({k: v for k, v in good.items() if k != "listLength"})
    with pytest.raises(InvalidValue, match="subject has 2 rows, expected 1"):
        from_matrices(good | {"subject": np.array([1, 2])})
    with pytest.raises(InvalidValue, match=r"expected .mat or .npz"):
        read_matrices(tmp_path / "data.csv")
    clash = Recalls(**(vars(some()) | {"by_list": {"times": np.zeros(3)}}))
    with pytest.raises(InvalidValue, match=r"\['times'\]"):
        to_matrices(clash)


@given(tables())
@settings(deadline=None, max_examples=40)
def test_any_recalls_survive_matrices(frame) -> None:
    recalls = from_table(frame.drop(columns="mark"))  # "" and missing are one in matrices of text
    same(from_matrices(to_matrices(recalls)), recalls)


# ---- Psych-DS -----------------------------------------------------------------------------------


def test_a_folder_comes_back(tmp_path) -> None:
    folder = write_psych_ds(some(), tmp_path / "study")
    same(read_psych_ds(folder), some())


@pytest.mark.parametrize("name", ["peers", "polyn2009", "asymfr3", "grenfell_essam_ward2012"])
def test_three_people_of_a_study_come_back(name: str, tmp_path) -> None:
    """With the pool and the widths of the whole study, words that are numbers, unknown words."""
    if where(entry(name)) is None:
        pytest.skip(f"the file of {name} is not here; set COGMEM_DATA")
    some = load(name).select(subject=load(name).subjects[:3])
    same(read_psych_ds(write_psych_ds(some, tmp_path / name)), some)


def test_lists_in_any_order_and_people_named_by_digits_come_back(tmp_path) -> None:
    """Of a word studied twice, the position that was recalled is kept."""
    items = np.array([[0, 1, 0], [1, 2, 0]], np.int32)
    recalls = Recalls.from_positions(
        [[3, 1, -1, 0], [2, -1, 0, 0]],
        list_length=[3, 2],
        subject=np.array(["02", "01"]),
        list_id=[7, 2],
        items=np.where([[1, 1, 1], [1, 1, 0]], items, -1).astype(np.int32),
        responses=np.array([[0, 0, -1, -1], [2, 1, -1, -1]], np.int32),
        pool=np.array(["null", "07", "NA"]),
        by_output={"sure": np.array([[True, False, True, False], [True, True, False, False]])},
    )
    same(read_psych_ds(write_psych_ds(recalls, tmp_path / "study")), recalls)


def test_a_folder_of_another_hand_is_read_as_its_table(tmp_path) -> None:
    folder = write_psych_ds(some(), tmp_path / "study")
    sidecar = folder / "data" / "task-freerecall_data.json"
    told = json.loads(sidecar.read_text())
    del told["cogmem"]
    sidecar.write_text(json.dumps(told))
    with pytest.warns(NoRecallRows, match="subject 2, list 1"):
        assert read_psych_ds(folder).recalls.tolist() == some().recalls.tolist()


def test_a_word_changed_by_hand_is_told_with_its_number(tmp_path) -> None:
    folder = write_psych_ds(some(), tmp_path / "study")
    table = folder / "data" / "task-freerecall_data.csv"
    table.write_text(table.read_text().replace("owl", "elk", 1))
    with pytest.raises(InvalidTable, match=r"row 2, column 'item_number_in_pool'.*'elk'"):
        read_psych_ds(folder)
    clash = Recalls(**(vars(some()) | {"by_list": {"item": np.zeros(3)}}))
    with pytest.raises(InvalidValue, match=r"\['item'\]"):
        write_psych_ds(clash, tmp_path / "other")


def test_the_description_is_in_the_words_of_schema_org(tmp_path) -> None:
    folder = write_psych_ds(load("peers")[:2], tmp_path / "p", columns={"session": "Day"})
    told = json.loads((folder / "dataset_description.json").read_text())
    assert (told["@type"], told["@context"]) == ("Dataset", "https://schema.org/")
    assert told["license"] == load("peers").attrs["licence"]
    measured = {each["name"]: each["description"] for each in told["variableMeasured"]}
    assert measured["session"] == "Day"
    assert measured["item"] == "The word studied or recalled"


def test_folders_are_not_written_over_and_must_be_whole(tmp_path) -> None:
    folder = write_psych_ds(some(), tmp_path / "study")
    with pytest.raises(InvalidValue, match="overwrite=True"):
        write_psych_ds(some(), folder)
    write_psych_ds(some()[:2], folder, overwrite=True)
    assert len(read_psych_ds(folder)) == 2
    table = folder / "data" / "task-freerecall_data.csv"
    table.write_text(table.read_text().replace("study", "stduy", 1))
    with pytest.raises(InvalidTable, match="trial_type"):
        read_psych_ds(folder)
    table.unlink()
    with pytest.raises(DataNotFound, match=r"task-freerecall_data\.csv is missing"):
        read_psych_ds(folder)


@given(tables())
@settings(deadline=None, max_examples=25)
def test_any_recalls_survive_a_folder(frame) -> None:
    recalls = from_table(frame.drop(columns="mark"))  # "" and missing are one in a CSV
    with TemporaryDirectory() as folder:
        same(read_psych_ds(write_psych_ds(recalls, Path(folder) / "study")), recalls)
