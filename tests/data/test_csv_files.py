"""What is saved or typed wrongly as a file of data, and the words that it is answered with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cogmem import data
from cogmem.data import Recalls, read_csv, read_matrices, read_psych_ds, write_psych_ds
from cogmem.errors import (
    CogmemError,
    DataNotFound,
    InvalidTable,
    InvalidValue,
    NoRecallRows,
    UnknownName,
    UnreadableTable,
)
from cogmem.fit.paradigms.own_data import read_own

HEADER = "subject,list,trial_type,position,item\n"
ROWS = "1,1,study,1,PIE\n1,1,study,2,CAKE\n1,1,recall,1,PIE\n"

NO_TABLES = {
    "nothing": (b"", "is empty, expected a table"),
    "blank lines": (b"\n \n", "is empty, expected a table"),
    "a workbook": (b"PK\x03\x04\x14\x00", "is an Excel workbook (or another zip file), expected"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1", "is an Excel workbook of the old kind"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00", "is no text, expected a CSV file"),
    "UTF-16": ((HEADER + ROWS).encode("utf-16"), "is UTF-16 text, expected a CSV file: save it"),
    "Latin-1": (
        (HEADER + ROWS + "1,1,recall,2,CAF\xc9\n").encode("latin-1"),
        "line 5 of mine.csv, '1,1,recall,2,CAF\xc9', is not UTF-8 text: save it as CSV UTF-8",
    ),
    "semicolons": (
        (HEADER + ROWS).replace(",", ";").encode(),
        "parted by semicolons, expected commas (its header reads 'subject;list;trial_type;",
    ),
    "tabs": ((HEADER + ROWS).replace(",", "\t").encode(), "read_csv('mine.csv', sep='\\t')"),
    "a comma in a word": (
        (HEADER + ROWS + "1,1,recall,2,PIE, or CAKE\n").encode(),
        "line 5 of mine.csv has 6 fields, expected 5 as in the header: put an item that holds",
    ),
    "a comma at all ends": (
        (HEADER + ROWS.replace("\n", ",\n")).encode(),
        "the rows of mine.csv have 6 fields, expected 5 as in the header",
    ),
    "an open quote": (
        (HEADER + ROWS + '1,1,recall,2,"PIE\n').encode(),
        "cannot be split into columns: EOF inside string",
    ),
}


@pytest.mark.parametrize("reader", [read_csv, read_own])
@pytest.mark.parametrize("what", NO_TABLES)
def test_what_is_no_table_is_told_in_a_sentence(what: str, reader, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    content, told = NO_TABLES[what]
    Path("mine.csv").write_bytes(content)
    with pytest.raises(UnreadableTable) as refused:
        reader("mine.csv")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.faults == [str(refused.value)]


@pytest.mark.parametrize(
    ("reader", "path", "told"),
    [
        (read_csv, "none.csv", "there is no file none.csv, looked for in"),
        (read_own, "none.csv", "there is no file none.csv, looked for in"),
        (read_csv, ".", "is a folder, expected a table (.csv)"),
        (read_own, ".", "is a folder, expected a table (.csv)"),
        (read_matrices, "none.mat", "there is no file none.mat, looked for in"),
        (read_matrices, "none.npz", "there is no file none.npz, looked for in"),
        (read_psych_ds, ".", ". is not a Psych-DS folder of free recall"),
    ],
)
def test_what_is_not_there_is_told(reader, path: str, told: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataNotFound) as refused:
        reader(path)
    assert told in str(refused.value)


@pytest.mark.parametrize("name", ["mine.mat", "mine.npz"])
@pytest.mark.parametrize("content", [b"", b"subject,list\n", b"PK\x03\x04 and no more"])
def test_damaged_matrices_are_told(name: str, content: bytes, tmp_path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidValue, match=rf"{name} cannot be read as \.") as refused:
        read_matrices(tmp_path / name)
    assert refused.value.__cause__ is not None


def test_a_file_of_matlab_7_3_is_told_how_to_be_saved(tmp_path) -> None:
    """The 128 bytes by which such a file begins: text, then the version."""
    text = b"MATLAB 7.3 MAT-file".ljust(124) + bytes([0, 2]) + b"IM"
    (tmp_path / "mine.mat").write_bytes(text + bytes(64))
    with pytest.raises(InvalidValue, match=r"is of MATLAB 7\.3.*save it with '-v7'"):
        read_matrices(tmp_path / "mine.mat")


@pytest.mark.parametrize(("content", "told"), [("{", "is no JSON"), ("[]", "holds a list")])
def test_a_damaged_sidecar_is_told(content: str, told: str, tmp_path) -> None:
    recalls = Recalls.from_positions([[1]], list_length=2)
    sidecar = write_psych_ds(recalls, tmp_path / "study") / "data" / "task-freerecall_data.json"
    sidecar.write_text(content)
    with pytest.raises(InvalidValue, match=told):
        read_psych_ds(tmp_path / "study")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (HEADER.upper(), "columns 'subject' (rename 'SUBJECT'), 'list' (rename 'LIST'), "),
        (HEADER.replace(",", ", "), "'item' (rename ' item') are missing"),
        (HEADER.replace("item", "word"), "column 'item' is missing; the columns found are 'subj"),
    ],
)
def test_columns_of_nearly_the_right_name_are_told(header: str, told: str, tmp_path) -> None:
    (tmp_path / "mine.csv").write_text(header + ROWS)
    with pytest.raises(InvalidTable) as refused:
        read_csv(tmp_path / "mine.csv")
    (fault,) = refused.value.faults
    assert told in fault


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEADER + ROWS.replace("recall,1,PIE", "recall,0,PIE"), "line 4, column 'position': got 0"),
        (HEADER + ROWS + "1,1,recall,x,CAKE\n", "line 5, column 'position': got 'x', expected an"),
        (HEADER + "\n" + ROWS + " \n1,1,recal,2,CAKE\n", "line 7, column 'trial_type': got 'rec"),
        (HEADER + ROWS.replace("CAKE", '"A\nB"') + "1,1,recall,9,CAKE", "line 5, column 'positio"),
        (HEADER + ROWS + "1,1,recall,2,cake\n", "line 5: 'cake', list 1 of subject 1 has 'CAKE';"),
    ],
    ids=["bad value", "no number", "blank lines", "a word of two lines", "capitals"],
)
def test_faults_of_a_file_are_told_by_the_lines_of_a_spreadsheet(
    text: str, told: str, tmp_path
) -> None:
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(InvalidTable) as refused:
        read_csv(tmp_path / "mine.csv")
    (fault,) = refused.value.faults
    assert fault.startswith(told)


def test_lists_without_recall_rows_are_read_as_nothing_recalled_and_told(tmp_path) -> None:
    (tmp_path / "mine.csv").write_text(HEADER + ROWS + "1,2,study,1,TREE\n1,2,study,2,OAK\n")
    told = r"^1 of 2 lists has no recall rows \(subject 1, list 2\): taken as nothing recalled"
    with pytest.warns(NoRecallRows, match=told) as warned:
        recalls = read_csv(tmp_path / "mine.csv")
    assert recalls.recalls.tolist() == [[1], [0]]
    assert warned[0].filename == __file__


def test_data_sets_have_lists_of_which_nothing_was_recalled_and_do_not_warn(recwarn) -> None:
    assert (data.load("peers").n_out == 0).sum() == 4
    assert not [each for each in recwarn if each.category is NoRecallRows]


def test_a_table_with_the_mark_of_spreadsheets_is_read(tmp_path) -> None:
    (tmp_path / "mine.csv").write_text(HEADER + ROWS, encoding="utf-8-sig")
    assert read_csv(tmp_path / "mine.csv").recalls.tolist() == [[1]]


def test_a_compressed_table_is_read(tmp_path) -> None:
    import gzip

    (tmp_path / "mine.csv.gz").write_bytes(gzip.compress((HEADER + ROWS).encode()))
    assert read_csv(tmp_path / "mine.csv.gz").recalls.tolist() == [[1]]


# ---- in Python -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("subject", "recalls['subject'] is not possible: expected a slice, a mask or indices"),
        (7, "indices of the 2 lists"),
        (0, "e.g. recalls[[0, 2]]"),
        ([True], "recalls.select(subject=...)"),
        (1.5, "recalls[1.5] is not possible"),
    ],
)
def test_rows_that_are_none(rows: object, told: str) -> None:
    recalls = Recalls.from_positions([[1, 2], [2, 0]], list_length=3)
    with pytest.raises(InvalidValue) as refused:
        recalls[rows]
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("positions", "told"),
    [
        ([["PIE"]], "are not serial positions .*from_table"),
        ([[1], [1, 2]], "are not serial positions"),
        ([[1, np.nan]], "hold nan, expected whole numbers"),
        ([[1.5]], "hold 1.5, expected whole numbers"),
        ([1, 2], "expected two axes"),
    ],
)
def test_positions_that_are_none(positions: list, told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        Recalls.from_positions(positions, list_length=3)


def test_no_list_has_no_length() -> None:
    nobody = Recalls.from_positions([[1]], list_length=2)[:0]
    with pytest.raises(InvalidValue, match="there is no list in"):
        _ = nobody.length


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("PEERS", "'PEERS'. Did you mean 'peers'?"),
        ("murdok1962", "Did you mean 'murdock1962'"),
        ("zzz", "are listed by `cogmem data`"),
        (None, "unknown data set None"),
    ],
)
def test_names_of_data_sets(name: object, told: str) -> None:
    with pytest.raises(UnknownName) as refused:
        data.load(name)
    assert told in str(refused.value)
    assert isinstance(refused.value, CogmemError)
    assert len(str(refused.value)) < 200
