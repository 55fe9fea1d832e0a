"""The long table to `Recalls` and back: exact, and every fault told at once."""

import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from psifr import fr

from cogmem.data import from_table, read_csv, to_table
from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidTable, InvalidValue

SAMPLES = ["peers_notask", "Morton2013"]
CORE = ["subject", "list", "trial_type", "position", "item"]


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request) -> pd.DataFrame:
    return fr.sample_data(request.param)


def table(*lists: tuple[object, int, list, list]) -> pd.DataFrame:
    """A long table from (subject, list, words studied, words recalled)."""
    rows = [
        (subject, number, kind, position, word)
        for subject, number, *events in lists
        for kind, words in zip(("study", "recall"), events, strict=True)
        for position, word in enumerate(words, start=1)
    ]
    return pd.DataFrame(rows, columns=CORE)


def small() -> pd.DataFrame:
    """Two people; an intrusion from list 1 into list 2, a repeat, a list without recalls."""
    return table(
        (1, 1, ["cat", "dog", "owl"], ["owl", "cat"]),
        (1, 2, ["hen", "ant", "bee"], ["bee", "dog", "bee", "yak"]),
        (2, 1, ["cat", "ant"], []),
    )


def same(a: Recalls, b: Recalls) -> None:
    xr.testing.assert_identical(a.to_xarray(), b.to_xarray())


# --- what becomes of a table ---------------------------------------------------------------------


def test_positions_intrusions_repeats_by_hand():
    recalls = from_table(small())
    assert recalls.recalls.tolist() == [[3, 1, 0, 0], [3, -1, 3, -1], [0, 0, 0, 0]]
    assert recalls.subject.tolist() == [1, 1, 2]
    assert recalls.list_id.tolist() == [1, 2, 1]
    assert recalls.list_length.tolist() == [3, 3, 2]
    assert recalls.prior_lag.tolist() == [[0] * 4, [0, 1, 0, 0], [0] * 4]


def test_words_are_indices_into_a_sorted_pool():
    recalls = from_table(small())
    assert recalls.pool.tolist() == ["ant", "bee", "cat", "dog", "hen", "owl", "yak"]
    assert recalls.items.tolist() == [[2, 3, 5], [4, 0, 1], [2, 0, -1]]
    assert recalls.responses.tolist() == [[5, 2, -1, -1], [1, 3, 1, 6], [-1] * 4]


def test_dtypes_are_those_that_recalls_promises():
    recalls = from_table(small())
    for name, dtype in {
        "recalls": "i2",
        "list_length": "i2",
        "list_id": "i4",
        "items": "i4",
    }.items():
        assert getattr(recalls, name).dtype == dtype
    assert recalls.responses.dtype == np.int32
    assert recalls.times.dtype == np.float32


def test_numbers_as_words_and_text_as_subjects():
    frame = table(("S2", 1, [30, 10], [10]), ("S1", 1, [20, 10], [30, 20]))
    recalls = from_table(frame)
    assert recalls.pool.tolist() == [10, 20, 30]
    assert recalls.subject.tolist() == ["S1", "S2"]
    assert recalls.recalls.tolist() == [[-1, 1], [2, 0]]


def test_a_word_studied_twice_is_recalled_at_its_first_presentation():
    frame = table((1, 1, ["cat", "dog", "cat"], ["dog", "cat"]))
    recalls = from_table(frame)
    assert recalls.recalls.tolist() == [[2, 1]]
    assert_frame_equal(to_table(recalls)[CORE], frame)


def test_no_recalls_at_all():
    recalls = from_table(table((1, 1, ["cat"], []), (1, 2, ["dog"], [])))
    assert recalls.n_out.tolist() == [0, 0]
    assert len(to_table(recalls)) == 2


def test_onsets_are_read_if_asked_for():
    frame = small().assign(rectime=np.linspace(0, 1, 14))
    recalls = from_table(frame, times="rectime")
    np.testing.assert_allclose(recalls.times[0, :2], frame["rectime"][3:5])
    assert "rectime" not in recalls.by_output
    assert np.isnan(recalls.times[2]).all()
    same(from_table(to_table(recalls, times="rectime"), times="rectime"), recalls)


def test_attrs_are_kept():
    assert from_table(small(), name="mine", citation="Me (2020)").attrs["citation"] == "Me (2020)"


# --- round trips ---------------------------------------------------------------------------------


def test_round_trip_of_psifr_samples_is_exact(sample):
    """Row for row, column for column, dtypes too; what was passed is not changed."""
    before = sample.copy(deep=True)
    assert_frame_equal(to_table(from_table(sample)), before, check_exact=True)
    assert_frame_equal(sample, before, check_exact=True)


def test_order_of_rows_does_not_matter(sample):
    shuffled = sample.sample(frac=1, random_state=0)
    assert_frame_equal(to_table(from_table(shuffled)), sample, check_exact=True)


def test_psifr_sees_the_same_behaviour(sample):
    """spc, pnr, lag_crp and lag_rank of five people, on the table and on its round trip."""
    few = sample[sample["subject"].isin(sample["subject"].unique()[:5])]
    ours, theirs = (fr.merge_free_recall(x) for x in (to_table(from_table(few)), few))
    for measure in (fr.spc, fr.pnr, fr.lag_crp, fr.lag_rank):
        assert_frame_equal(measure(ours), measure(theirs), check_exact=True)


def test_scored_table_gives_the_same_recalls(sample):
    """The scored frame holds 441 (Morton) and 57 (PEERS) surplus rows; they are dropped."""
    raw, scored = from_table(sample), from_table(fr.merge_free_recall(sample))
    for name in ("recalls", "items", "responses", "subject", "list_id", "list_length", "pool"):
        np.testing.assert_array_equal(getattr(scored, name), getattr(raw, name))


def test_scored_table_keeps_list_columns():
    sample = fr.sample_data("Morton2013")
    scored = fr.merge_free_recall(sample, list_keys=["session", "list_type"])
    by_list, raw = from_table(scored).by_list, from_table(sample).by_list
    assert set(by_list) == {"session", "list_type"}
    np.testing.assert_array_equal(by_list["list_type"], raw["list_type"])


def test_reading_morton_is_quick():
    """71,229 rows well under 2 s (best of three)."""
    sample = fr.sample_data("Morton2013")
    assert len(sample) == 71229

    def seconds() -> float:
        start = time.perf_counter()
        from_table(sample)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 1.0


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["a", np.nan, "b", ""] * 3 + ["c", "c"], dtype=object),
        pd.Series([True, False] * 7),
        pd.Series([True, None] * 7, dtype=object),
        pd.Series([1.5, np.nan] * 7),
        pd.Series(range(14)),
        pd.Series(range(14), dtype="uint8"),
        pd.date_range("2020-01-01", periods=14).to_series(index=range(14)),
        pd.Series([1, "x"] * 7, dtype=object),
        pd.Series([np.nan] * 14),
    ],
    ids=["text-blank", "bool", "bool-missing", "float", "int", "uint8", "date", "mixed", "empty"],
)
def test_further_columns_of_any_kind_come_back(values):
    frame = small().assign(extra=values)
    back = to_table(from_table(frame))
    assert_frame_equal(back.astype({"extra": object}), frame.astype({"extra": object}))


@pytest.mark.parametrize("dtype", ["category", "string", "Int64", "boolean"])
def test_pandas_own_dtypes_come_back_as_values(dtype):
    given = {"category": ["a", "b"], "string": ["a", None], "Int64": [1, None]}
    values = pd.Series(given.get(dtype, [True, False]) * 7, dtype=dtype)
    back = to_table(from_table(small().assign(extra=values)))["extra"]
    assert back.isna().tolist() == values.isna().tolist()
    assert back.dropna().tolist() == values.dropna().tolist()


def test_where_further_columns_go():
    frame = small().assign(
        task=["size"] * 9 + ["animacy"] * 5,
        cue=[1.0, 2.0, 3.0, np.nan, np.nan, 4.0, 5.0, 6.0, *[np.nan] * 4, 7.0, 8.0],
        sure=[*[np.nan] * 3, 0.5, 0.6, *[np.nan] * 3, 0.1, 0.2, 0.3, 0.4, np.nan, np.nan],
    )
    frame.loc[9:11, "task"] = "size"
    recalls = from_table(frame)
    assert recalls.by_list["task"].tolist() == ["size", "size", "animacy"]
    assert recalls.by_position["cue"][2, :2].tolist() == [7.0, 8.0]
    assert recalls.by_output["sure"][1].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert (set(recalls.by_position), set(recalls.by_output)) == ({"cue"}, {"sure"})


def test_positions_alone_make_a_table_that_psifr_reads():
    """Words get labels: a response in the list has its word's, an intrusion one of its own."""
    recalls = Recalls.from_positions([[2, -1, 2], [1, 0, 0]], list_length=2, subject=[1, 2])
    words = to_table(recalls)["item"].tolist()
    assert words[2] == words[4] == words[1]
    assert len(set(words)) == 5
    assert from_table(to_table(recalls)).recalls.tolist() == recalls.recalls.tolist()


def test_unknown_words_among_numbers_are_numbers():
    recalls = Recalls.from_positions(
        [[1, -1]], list_length=1, items=np.array([[0]], np.int32), pool=np.array([5])
    )
    assert to_table(recalls)["item"].tolist() == [5, 5, -1]


def test_onsets_never_overwrite_a_column():
    recalls = from_table(small().assign(rt=1.0, time=2.0), times="rt")
    with pytest.raises(InvalidValue, match="a column 'time' already"):
        to_table(recalls)


def test_csv_round_trip_and_awkward_words(tmp_path):
    """ "null", "NA" and "None" are words; a further column's NaN is a missing value."""
    frame = table((1, 1, ["null", "NA", "None"], ["NA"])).assign(rt=[0.5, np.nan, 0.7, np.nan])
    path = tmp_path / "words.csv"
    frame.to_csv(path, index=False)
    recalls = read_csv(path, name="words")
    assert recalls.attrs["name"] == "words"
    assert recalls.recalls.tolist() == [[2]]
    assert_frame_equal(to_table(recalls), frame)


# --- properties ----------------------------------------------------------------------------------

WORDS = st.sampled_from(["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"])


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Sorted tables with ragged lists, repeats, intrusions, empty recalls and further columns."""
    keys = draw(st.sets(st.tuples(st.integers(1, 3), st.integers(1, 4)), min_size=1, max_size=6))
    lists = [
        (*key, draw(st.lists(WORDS, min_size=1, max_size=5)), draw(st.lists(WORDS, max_size=7)))
        for key in sorted(keys)
    ]
    frame = table(*lists)
    numbers = st.lists(st.integers(0, 2), min_size=len(frame), max_size=len(frame))
    frame["code"] = draw(numbers)
    frame["mark"] = [["", "x", np.nan][i] for i in draw(numbers)]
    frame["score"] = [[0.5, 1.0, np.nan][i] for i in draw(numbers)]
    return frame


@given(tables())
@settings(deadline=None, max_examples=80)
def test_any_table_survives_the_round_trip(frame):
    back = to_table(from_table(frame))
    assert_frame_equal(
        back.astype({"mark": object}), frame.astype({"mark": object}), check_exact=True
    )
    same(from_table(back), from_table(frame))


@given(tables(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_rows_in_any_order_give_the_same_recalls(frame, random):
    order = random.sample(range(len(frame)), len(frame))
    same(from_table(frame.iloc[order]), from_table(frame))


@given(tables())
@settings(deadline=None, max_examples=50)
def test_recalls_agree_with_a_plain_reading(frame):
    """Each response, one at a time: position of the first presentation in its list, or -1."""
    recalls = from_table(frame)
    for row in range(len(recalls)):
        mine = frame[(frame["subject"] == recalls.subject[row])]
        mine = mine[mine["list"] == recalls.list_id[row]]
        studied = mine.loc[mine["trial_type"] == "study", "item"].tolist()
        said = mine.loc[mine["trial_type"] == "recall", "item"].tolist()
        expected = [studied.index(word) + 1 if word in studied else -1 for word in said]
        assert recalls.recalls[row, : len(said)].tolist() == expected
        assert recalls.n_out[row] == len(said)


# --- faults --------------------------------------------------------------------------------------


def faults_of(frame: pd.DataFrame, **options: object) -> list[str]:
    with pytest.raises(InvalidTable) as error:
        from_table(frame, **options)
    return error.value.faults


def with_cell(row: int, column: str, value: object) -> pd.DataFrame:
    frame = small().astype({column: object})
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (2, "position", 2.5, "got 2.5, expected an integer from 1 up"),
        (2, "position", "3", "got '3', expected an integer from 1 up"),
        (0, "position", 0, "got 0, expected an integer from 1 up"),
        (3, "position", -1, "got -1, expected an integer from 1 up"),
        (4, "position", True, "got True, expected an integer from 1 up"),
        (2, "position", None, "got a missing value, expected an integer from 1 up"),
        (6, "trial_type", "Study", "got 'Study', expected 'study' or 'recall'"),
        (6, "trial_type", None, "got a missing value, expected 'study' or 'recall'"),
        (5, "list", 1.5, "got 1.5, expected an integer, the number of the list"),
        (5, "list", None, "got a missing value, expected an integer"),
        (5, "list", 2**40, "expected an integer, the number of the list"),
        (7, "subject", None, "got a missing value, expected a number or a text"),
        (7, "subject", "S1", "got 'S1', expected number as in the rows above"),
        (8, "item", None, "got a missing value, expected the word"),
        (8, "item", np.nan, "got a missing value, expected the word"),
        (8, "item", ["owl"], "got ['owl'], expected the word, as text or as a number"),
        (8, "item", 17, "got 17, expected text as in the rows above"),
    ],
)
def test_a_bad_cell_is_told_once_by_row_and_column(row, column, value, message):
    """One fault for one bad cell: the gap that it leaves in its list is not told as another."""
    (fault,) = faults_of(with_cell(row, column, value))
    assert fault.startswith(f"row {row}, column {column!r}: got ")
    assert message in fault


@pytest.mark.parametrize(
    ("row", "position", "message"),
    [
        (1, 1, "got 1 a second time, expected each once in the study rows of subject 1, list 1"),
        (4, 1, "got 1 a second time, expected each once in the recall rows of subject 1, list 1"),
        (2, 9, "got 9 after 2, expected 3: positions run without a gap in the study rows"),
        (13, 3, "got 3 after 1, expected 2"),
        (8, 7, "got 7 after 4, expected 5"),
    ],
)
def test_duplicates_and_gaps_between_rows(row, position, message):
    faults = faults_of(with_cell(row, "position", position).astype({"position": int}))
    assert any(f"row {row}, column 'position': {message}" in fault for fault in faults)


def test_a_list_that_starts_late():
    (fault,) = faults_of(small().drop(index=5))
    assert "row 6, column 'position': got 2 as the lowest, expected 1" in fault


def test_recalls_of_a_list_never_studied():
    frame = pd.concat([small(), table((2, 9, [], ["cat", "owl"]))], ignore_index=True)
    (fault,) = faults_of(frame)
    assert "row 14, column 'list': got 2 recall row(s) of subject 2, list 9" in fault


def test_missing_columns_are_told_with_the_other_faults():
    frame = with_cell(3, "position", 0).drop(columns=["item", "subject"])
    faults = faults_of(frame, times="rt")
    assert faults[0] == (
        "columns 'subject', 'item', 'rt' are missing; the columns found are 'list', 'trial_type', "
        "'position'"
    )
    assert "row 3, column 'position'" in faults[1]
    assert len(faults) == 2


def test_every_fault_at_once_in_the_order_of_rows():
    frame = small().astype(object)
    frame.loc[0, "item"] = None
    frame.loc[4, "trial_type"] = "recalled"
    frame.loc[7, "position"] = 2
    frame.loc[13, "position"] = 1.5
    faults = faults_of(frame)
    assert [fault.split(":")[0] for fault in faults] == [
        "row 0, column 'item'",
        "row 4, column 'trial_type'",
        "row 7, column 'position'",
        "row 13, column 'position'",
    ]


def test_rows_are_told_by_the_frames_own_labels():
    frame = with_cell(2, "position", 0)
    assert "row 'c', column" in faults_of(frame.set_axis(list("abcdefghijklmn")))[0]
    assert "row 2, column" in faults_of(frame.set_axis([0] * 14))[0]  # labels not unique: numbers


def test_faults_of_a_scored_table_name_its_columns():
    scored = fr.merge_free_recall(small())
    row = scored.index[scored["study"]][0]
    scored.loc[row, "input"] = 0.5
    assert f"row {row}, column 'input': got 0.5" in faults_of(scored)[0]


def test_onsets_that_are_not_numbers():
    frame = small().assign(rt=1.0).astype({"rt": object})
    frame.loc[3, "rt"] = "late"
    (fault,) = faults_of(frame, times="rt")
    assert "row 3, column 'rt': got 'late', expected a time in s" in fault


def test_tables_that_are_none():
    assert faults_of(small().iloc[:0]) == ["the table has no rows"]
    with pytest.raises(InvalidValue, match="got a list, expected a pandas DataFrame"):
        from_table([1, 2])
    twice = pd.concat([small(), small()[["item"]]], axis=1)
    assert faults_of(twice) == ["column 'item' is there more than once"]


def test_a_faulty_table_is_not_changed():
    frame = with_cell(2, "position", 0)
    before = frame.copy(deep=True)
    faults_of(frame)
    assert_frame_equal(frame, before)


def test_many_faults_are_all_kept_and_those_of_a_kind_are_told_together():
    frame = pd.concat([small()] * 3, ignore_index=True)
    with pytest.raises(InvalidTable, match=r"28 fault\(s\)") as error:
        from_table(frame)
    assert len(error.value.faults) == 28
    _, *told = str(error.value).splitlines()
    assert told == [
        "  - 16 rows: column 'position': got 1 a second time / 2 a second time / 3 a second time, "
        "expected each once in the study rows of a list; first: rows 14, 15, 16",
        "  - 12 rows: column 'position': got 1 a second time / 2 a second time / 3 a second time / "
        "..., expected each once in the recall rows of a list; first: rows 17, 18, 22",
    ]


def test_capitals_of_a_whole_column_are_one_mistake():
    frame = small().assign(trial_type=small()["trial_type"].str.title())
    with pytest.raises(InvalidTable, match=r"14 fault\(s\)") as error:
        from_table(frame)
    assert str(error.value).splitlines()[1:] == [
        "  - 14 rows: column 'trial_type': got 'Study' / 'Recall', expected 'study' or 'recall' "
        "(small letters, no spaces); first: rows 0, 1, 2"
    ]


@pytest.mark.parametrize("typed", ["Owl", "owl ", " OWL", "\towl"])
def test_a_word_that_differs_in_capitals_or_spaces_is_told_never_guessed(typed):
    (fault,) = faults_of(with_cell(3, "item", typed))
    assert fault == f"row 3: {typed!r}, list 1 of subject 1 has 'owl'; write them alike"


def test_words_that_are_studied_in_both_spellings_are_two_words():
    recalls = from_table(table((1, 1, ["Pie", "pie"], ["pie", "Pie"])))
    assert recalls.recalls.tolist() == [[2, 1]]


def test_a_word_near_one_of_another_list_is_an_intrusion():
    frame = table((1, 1, ["Pie"], ["Pie"]), (1, 2, ["cat"], ["pie"]))
    assert from_table(frame).recalls.tolist() == [[1], [-1]]


def test_recalls_without_positions_are_told_how_to_get_them():
    frame = small().astype({"position": float})
    frame.loc[frame["trial_type"] == "recall", "position"] = np.nan
    with pytest.raises(InvalidTable, match="number the recalls of each list 1, 2, 3") as error:
        from_table(frame)
    assert "6 rows: column 'position': got a missing value" in str(error.value)
    assert len(str(error.value).splitlines()) == 2
