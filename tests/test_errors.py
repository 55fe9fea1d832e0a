"""Errors that name a near one: what was typed, and what the message says."""

from __future__ import annotations

import warnings

import pytest

from cogmem.errors import InvalidTable, NoRecallRows, UnknownName, UnreadableTable, plain_warnings

MANY = [f"set {number}" for number in range(30)]


@pytest.mark.parametrize(
    ("given", "known", "told"),
    [
        ("smr", ["cmr", "tcm"], "unknown model 'smr'. Did you mean 'cmr'? Known: cmr, tcm."),
        ("CMR", ["cmr", "tcm"], "unknown model 'CMR'. Did you mean 'cmr'? Known: cmr, tcm."),
        ("tmc", ["TCM", "tcm"], "Did you mean 'tcm'?"),
        ("TMC", ["TCM", "tcm"], "Did you mean 'TCM'?"),
        (None, ["cmr"], "unknown model None. Known: cmr."),
        (3, ["cmr"], "unknown model 3. Known: cmr."),
        ("zz", [], "unknown model 'zz'. Known: ."),
        ("PEERS", [*MANY, "peers"], "Did you mean 'peers'? All 31 are listed by `cogmem list`."),
        ("murdok", [*MANY, "murdock", "murdock2"], "Did you mean 'murdock' or 'murdock2'? All"),
        ("zzz", MANY, "unknown model 'zzz'. All 30 are listed by `cogmem list`."),
    ],
)
def test_the_nearest_names_are_told(given: object, known: list[str], told: str) -> None:
    assert told in str(UnknownName("model", given, known))


def test_a_long_catalogue_is_not_told_behind_a_hint() -> None:
    assert str(UnknownName("knob", "drft", [*MANY, "drift"])).endswith("Did you mean 'drift'?")
    assert "Known: set 0, set 1, " in str(UnknownName("knob", "zzz", MANY))
    told = str(UnknownName("knob", "zzz", [*MANY, *map(str, range(100))]))
    assert told == "unknown knob 'zzz'. None of the 130 that are known is like it."


def test_names_of_the_same_meaning_come_first() -> None:
    told = str(UnknownName("setting", "epochs", ["epoch", "n_epochs"], same=["n_epochs"]))
    assert "Did you mean 'n_epochs'?" in told


def test_a_file_that_is_no_table_is_one_fault_in_a_sentence() -> None:
    error = UnreadableTable("mine.csv is empty.")
    assert isinstance(error, InvalidTable)
    assert (str(error), error.faults) == ("mine.csv is empty.", ["mine.csv is empty."])


def test_kinds_that_are_too_many_to_tell_are_counted() -> None:
    error = InvalidTable(["a", "b", "c", "d"], [["a", "b"], ["c"], ["d"]], shown=1)
    assert error.faults == ["a", "b", "c", "d"]
    assert str(error).splitlines() == [
        "the table has 4 fault(s):",
        "  - a",
        "  - b",
        "  ... and 2 more kinds of fault",
    ]


def test_a_command_warns_in_a_plain_line_and_leaves_other_warnings_as_they_are() -> None:
    usual = warnings.formatwarning
    with plain_warnings():
        told = warnings.formatwarning(NoRecallRows("one list."), NoRecallRows, "a.py", 3)
        other = warnings.formatwarning(UserWarning("odd"), UserWarning, "a.py", 3)
    assert told == "warning: one list.\n"
    assert other == usual(UserWarning("odd"), UserWarning, "a.py", 3)
    assert warnings.formatwarning is usual
