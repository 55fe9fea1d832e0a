"""Tables of one's own, small enough to be counted by hand; and what is wrong with others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest

from cogmem.errors import CogmemError, DataNotFound, InvalidTable, InvalidValue
from cogmem.fit.paradigms import Study, find_paradigm
from cogmem.fit.paradigms.own_data import FORMS, read_own
from cogmem.fit.responses import Choices, YesCounts
from cogmem.participants.null import NullParticipant

Read = Callable[[str], tuple[str, Study]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def written(text: str) -> tuple[str, Study]:
        path = tmp_path / "mine.csv"
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n")
        return read_own(path)

    return written


def counts(study: Study) -> YesCounts:
    assert isinstance(study.answers, YesCounts)
    return study.answers


def lists_of(*words: str) -> str:
    """Two lists of psifr's table; of the second the first two words are recalled."""
    rows = ["subject,list,trial_type,position,item"]
    for number, pool in enumerate(words, start=1):
        rows += [f"1,{number},study,{place},{item}" for place, item in enumerate(pool, start=1)]
    return "\n".join(
        [*rows, "1,1,recall,1,c", "1,1,recall,2,z", "1,2,recall,1,u", "1,2,recall,2,v"]
    )


FREE = lists_of("abcdef", "uvwxyz")

SERIAL = """subject,trial,position,response,list_length
2,1,1,1,3
2,1,2,3,3
2,1,3,,3
2,5,1,2,3
2,5,3,3,3
10,1,1,1,3
10,2,2,0,3"""

RECOGNITION = """subject,list_length,serial_position,said_old
7,2,1,1
7,2,1,0
7,2,2,yes
7,2,2,1
7,4,0,0
7,4,,true
7,4,4,1"""

CHANGE = """subject,set_size,change,said_change,note
1,2,0,0,a
1,2,0,1,b
1,8,1,1,c
1,8,1,1,d
1,8,1,0,e"""

RETENTION = """subject,delay,correct
a,0,1
a,0,1
a,12.5,0
a,12.5,1
b,0,0
b,0,0"""

COUNTED = """subject,delay,correct,n
1,0,9,10
1,20,3,10
2,0,10,10
2,20,1,10"""

UPDATING = """subject,set_size,correct
1,3,0.67
1,3,1
1,5,0.2
1,5,0.4"""

TABLES = {
    "free recall": FREE,
    "serial recall": SERIAL,
    "recognition": RECOGNITION,
    "change detection": CHANGE,
    "retention": RETENTION,
    "updating": UPDATING,
}


@pytest.mark.parametrize("paradigm", TABLES)
def test_the_columns_tell_the_paradigm_and_the_null_can_sit_it(paradigm: str, read: Read) -> None:
    told, study = read(TABLES[paradigm])
    assert told == paradigm
    assert study.data == "mine.csv"
    of = find_paradigm(told)
    z = of.evidence(NullParticipant(), study, n_draws=2, key=jax.random.key(0))
    assert not np.asarray(z).any()
    people = of.people(study)
    assert list(people) == list(of.curves)
    assert all(len(each["subject"]) == len(study.subjects) for each in people.values())


def test_free_recall_is_psifrs_table(read: Read) -> None:
    _, study = read(FREE)
    # The intrusion z is left out, and counted as a word of the other list.
    np.testing.assert_array_equal(study.design.responses, [[[3, 0], [1, 2]]])
    np.testing.assert_array_equal(study.design.half, [[1, 2]])
    assert study.design.n_items == 6
    assert study.pool is not None
    assert study.pool.n_pool == 12
    np.testing.assert_array_equal(study.pool.strangers, [[1], [0]])


def test_serial_recall_leaves_missing_outputs_empty(read: Read) -> None:
    _, study = read(SERIAL)
    np.testing.assert_array_equal(study.subjects, [2, 10])
    np.testing.assert_array_equal(
        study.design.responses, [[[1, 3, 0], [2, 0, 3]], [[1, 0, 0], [0, 0, 0]]]
    )
    np.testing.assert_array_equal(study.design.half, [[1, 2], [1, 2]])
    assert isinstance(study.answers, Choices)
    np.testing.assert_array_equal(study.answers.said[0], [[0, 2, 3], [1, 3, 2]])


def test_recognition_has_a_cell_for_each_position_and_one_for_new(read: Read) -> None:
    _, study = read(RECOGNITION)
    # Lists of 2: first, second, new; of 4: four places, new.
    np.testing.assert_array_equal(study.design.x, [-2, -1, 0, -4, -3, -2, -1, 0])
    np.testing.assert_array_equal(
        counts(study).n[:, 0], [[1, 1, 0, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0, 0, 1]]
    )
    np.testing.assert_array_equal(
        counts(study).yes[:, 0], [[1, 1, 0, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 0, 0, 1]]
    )


def test_change_detection_takes_set_sizes_from_the_data(read: Read) -> None:
    _, study = read(CHANGE)
    np.testing.assert_array_equal(study.design.x, [2, 2, 8, 8])
    assert study.design.line.tolist() == ["same", "changed"] * 2
    # "Same" is the yes: of two displays of 2 that were the same, the first was called so.
    np.testing.assert_array_equal(counts(study).n[:, 0], [[1, 0, 0, 2], [1, 0, 0, 1]])
    np.testing.assert_array_equal(counts(study).yes[:, 0], [[1, 0, 0, 1], [0, 0, 0, 0]])


def test_retention_takes_delays_from_the_data_and_trials_in_turn(read: Read) -> None:
    _, study = read(RETENTION)
    np.testing.assert_array_equal(study.design.x, [0, 12.5])
    assert study.subjects.tolist() == ["a", "b"]
    np.testing.assert_array_equal(counts(study).n, [[[1, 1], [1, 0]]] * 2)
    np.testing.assert_array_equal(counts(study).yes, [[[1, 0], [0, 0]], [[1, 1], [0, 0]]])


def test_retention_of_counts_is_drawn_into_halves(read: Read) -> None:
    _, study = read(COUNTED)
    np.testing.assert_array_equal(counts(study).n, np.full((2, 2, 2), 5))
    np.testing.assert_array_equal(counts(study).yes.sum(axis=0), [[9, 3], [10, 1]])


def test_updating_counts_numbers(read: Read) -> None:
    _, study = read(UPDATING)
    np.testing.assert_array_equal(study.design.x, [3, 5])
    np.testing.assert_array_equal(counts(study).yes[:, 0], [[2, 1], [3, 2]])
    np.testing.assert_array_equal(counts(study).n[:, 0], [[3, 5], [3, 5]])


def test_a_file_as_a_spreadsheet_leaves_it(tmp_path: Path) -> None:
    """With a byte order mark, and spaces after commas."""
    path = tmp_path / "mine.csv"
    path.write_text(UPDATING.replace(",", ", "), encoding="utf-8-sig")
    assert read_own(path)[0] == "updating"


# ---- what is wrong -------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_by_row_with_an_example(read: Read) -> None:
    with pytest.raises(InvalidTable) as refused:
        read("""subject,list_length,serial_position,said_old
            1,2,1,maybe
            ,2,1,1
            1,2.5,1,0
            1,2,,0""")
    assert refused.value.faults == [
        "line 2, column 'said_old': got 'maybe', expected 1 or 0 (yes or no)",
        "line 3, column 'subject': got a missing value, expected who",
        "line 4, column 'list_length': got '2.5', expected an integer from 1 up",
    ]
    assert FORMS["recognition"].example in str(refused.value)


def test_faults_of_a_kind_are_told_together(read: Read) -> None:
    with pytest.raises(InvalidTable) as refused:
        read("subject,set_size,change,said_change\n" + "1,4,0,maybe\n" * 30 + "1,4,0,?")
    assert len(refused.value.faults) == 31
    assert str(refused.value).splitlines()[1:-1] == [
        "  - 31 rows: column 'said_change': got 'maybe' / '?', expected 1 or 0 (yes or no); "
        "first: lines 2, 3, 4"
    ]


FAULTY = {
    "beyond the list": (
        "subject,list_length,serial_position,said_old\n1,2,3,1",
        "got 3, expected at",
    ),
    "no such size": (
        "subject,set_size,change,said_change\n1,9,0,0",
        "line 2, column 'set_size': got '9'",
    ),
    "missing column": ("subject,set_size,said_change\n1,4,0", "column 'change' is missing"),
    "no rows": ("subject,delay,correct", "no rows"),
    "more than n": ("subject,delay,correct,n\n1,0,5,4", "got 5, expected at most n"),
    "counts without n": ("subject,delay,correct\n1,0,5", "no column 'n'"),
    "no share": ("subject,set_size,correct\n1,4,0.6", "got 0.6, expected a share of 4"),
    "said after the end": (
        "subject,list,output,response,list_length\n1,1,3,1,2",
        "column 'output': got 3, expected at most",
    ),
    "two lengths": (
        "subject,list,output,response,list_length\n1,1,1,1,2\n1,2,1,1,3",
        "line 3, column 'list_length': got 3, expected 2",
    ),
    "twice": (
        "subject,list,output,response,list_length\n1,1,1,1,2\n1,1,1,2,2",
        "line 3, column 'output': got 1 again",
    ),
    "nobody": ("subject,delay,correct\n ,0,1", "expected who"),
}


@pytest.mark.parametrize("what", FAULTY)
def test_faults_between_columns(what: str, read: Read) -> None:
    text, message = FAULTY[what]
    with pytest.raises(InvalidTable) as refused:
        read(text)
    assert message in str(refused.value)
    assert len(refused.value.faults) == 1


@pytest.mark.parametrize("words", [("abcde", "uvxyz"), ("abcdef", "uvwxyzt")])
def test_lists_of_free_recall_have_one_length_that_suffices(words: tuple, read: Read) -> None:
    with pytest.raises(InvalidValue, match="expected one length, of 6 or more"):
        read(lists_of(*words))


def test_columns_of_no_paradigm_are_answered_with_all_forms(read: Read) -> None:
    with pytest.raises(InvalidValue, match="x, y are of no paradigm") as refused:
        read("x,y\n1,2")
    for form in FORMS.values():
        assert form.example in str(refused.value)
    assert "trial_type" in str(refused.value)


def test_columns_of_two_paradigms_are_refused(read: Read) -> None:
    with pytest.raises(InvalidValue, match="could be of change detection and updating"):
        read("subject,set_size,change,said_change,correct\n1,4,0,0,1")


def test_everybody_needs_something_to_hold_out(read: Read) -> None:
    with pytest.raises(InvalidValue, match=r"mine.csv, nothing can be held out of 3;"):
        read("subject,set_size,correct\n2,1,1\n2,1,1\n3,1,1\n3,2,1")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataNotFound, match=r"there is no file .*none.csv") as refused:
        read_own(tmp_path / "none.csv")
    assert isinstance(refused.value, CogmemError)
