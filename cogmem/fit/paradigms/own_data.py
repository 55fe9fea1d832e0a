"""A user's own data: one table (CSV), told by its columns which paradigm it is of.

| paradigm | columns | an example row |
| --- | --- | --- |
| free recall | subject, list, trial_type, position, item (psifr) | 1, 1, recall, 1, apple |
| serial recall | subject, list, output, response, list_length | 1, 1, 2, 3, 6 |
| recognition | subject, list_length, serial_position, said_old | 1, 5, 2, 1 |
| change detection | subject, set_size, change, said_change | 1, 4, 0, 0 |
| retention | subject, delay, correct, and n if not trial by trial | 1, 18, 1 |
| updating | subject, set_size, correct | 1, 4, 0.75 |

`list` may be called `trial`, `output` may be called `position`; further columns are left alone. In
serial recall a response is the 1-based position of the item that was said, 0 or empty if none was;
in recognition a serial position of 0, or none, is a new item. `correct` is 0 or 1 in retention, or
how many of `n`; in updating the share of the numbers held. What is yes or no is 1 or 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from cogmem.data import read_csv
from cogmem.data.csv_files import header_of, lines_of, read_frame
from cogmem.data.faults import Fault, refusal
from cogmem.errors import InvalidTable, InvalidValue
from cogmem.fit.paradigms import (
    change_detection,
    free_recall,
    recognition,
    retention,
    serial_recall,
    updating,
)
from cogmem.fit.paradigms.cells import counted
from cogmem.fit.paradigms.protocol import Study
from cogmem.fit.paradigms.recall import Heard, RecallParadigm
from cogmem.fit.responses import Choices
from cogmem.tasks.displays import N_COLOURS, N_PLACES

__all__ = ["FORMS", "Form", "read_own"]

_ALIASES = {"trial": "list", "position": "output"}
_YES = {"1": 1.0, "1.0": 1.0, "true": 1.0, "yes": 1.0}
_NO = {"0": 0.0, "0.0": 0.0, "false": 0.0, "no": 0.0}

Table = dict[str, np.ndarray]
"""Columns by name: `subject` as it is, all others as float."""


@dataclass(frozen=True)
class Column:
    """What a column may hold.

    Attributes:
        expected: in words.
        low, high: the least and the greatest number.
        whole: whether only whole numbers.
        blank: whether it may be empty, which is 0.
        yes_or_no: whether words for yes and no are taken for 1 and 0.
    """

    expected: str
    low: float = 0
    high: float = np.inf
    whole: bool = True
    blank: bool = False
    yes_or_no: bool = False

    def read(self, texts: pd.Series) -> tuple[np.ndarray, Bool[np.ndarray, " row"]]:
        """Numbers, and which rows have none that is allowed."""
        words = texts.str.strip().str.lower()
        if self.yes_or_no:
            words = words.replace({**dict.fromkeys(_YES, "1"), **dict.fromkeys(_NO, "0")})
        if self.blank:
            words = words.mask(words.isin(["", "na", "nan"]), "0")
        numbers = pd.to_numeric(words, errors="coerce").to_numpy(float)
        wrong = ~((self.low <= numbers) & (numbers <= self.high) & np.isfinite(numbers))
        if self.whole:
            wrong |= np.floor(numbers) != numbers
        return numbers, wrong


@dataclass(frozen=True, eq=False)
class Form:
    """The table of one paradigm.

    Attributes:
        columns: besides `subject`, each with what it may hold.
        sign: columns that only this form has.
        example: header and a row.
        study: (name, columns) -> people's answers.
        faults: columns -> what is wrong between columns.
        optional: columns that may be missing.
    """

    columns: dict[str, Column]
    sign: tuple[str, ...]
    example: str
    study: Callable[[str, Table], Study]
    faults: Callable[[Table], Iterator[Fault]] = lambda table: iter(())
    optional: tuple[str, ...] = ()


def read_own(path: str | PathLike[str]) -> tuple[str, Study]:
    """A table of one's own, laid out as its paradigm's study.

    Args:
        path: a CSV file; see the top of the file for the columns.

    Returns:
        The paradigm's name, and people's answers. Each person's lists, or trials of a cell, are in
        turn for training and held out, in the order of the list numbers or of the rows.

    Raises:
        DataNotFound: if there is no such file.
        UnreadableTable: if it is no table: empty, no UTF-8 text, or not parted by commas.
        InvalidTable: with every fault by line and column; the header is line 1.
        InvalidValue: for columns of no paradigm or of several, for free recall of several list
            lengths, and for people of whom nothing is held out.
    """
    path = Path(path)
    if _is_free_recall(header_of(path)):
        return "free recall", _held_out(_free_recall(path))
    frame = read_frame(path, skipinitialspace=True, dtype=str, keep_default_na=False)
    frame = frame.set_axis(lines_of(path, len(frame)), axis=0)
    frame = frame.rename(columns=lambda name: str(name).strip())
    known = set(frame.columns)
    frame = frame.rename(columns={a: b for a, b in _ALIASES.items() if b not in known})
    paradigm = _told(list(frame.columns))
    form = FORMS[paradigm]
    return paradigm, _held_out(form.study(path.name, _checked(frame, form)))


# ---- which table, and is it whole ----------------------------------------------------------------


def _is_free_recall(header: list[str]) -> bool:
    return "trial_type" in header or {"study", "recall", "input"} <= set(header)


def _told(names: list[str]) -> str:
    """The paradigm whose signs are among the columns.

    Raises:
        InvalidValue: if there is none, or are several.
    """
    found = [name for name, form in FORMS.items() if set(form.sign) <= set(names)]
    if len(found) != 1:
        given = f"could be of {' and '.join(found)}" if found else "are of no paradigm"
        forms = "\n".join(f"  {name}: {form.example}" for name, form in FORMS.items())
        psifr = "  free recall: subject,list,trial_type,position,item | 1,1,recall,1,apple"
        raise InvalidValue(
            f"the columns {', '.join(names)} {given}; expected those of one of\n{psifr}\n{forms}"
        )
    return found[0]


def _checked(frame: pd.DataFrame, form: Form) -> Table:
    """Columns as numbers.

    Raises:
        InvalidTable: with every fault, and an example row.
    """
    needed = ["subject", *(name for name in form.columns if name not in form.optional)]
    absent = [repr(name) for name in needed if name not in frame]
    faults = [_absent(absent, frame)] if absent else []
    if frame.empty:
        faults.append(Fault(-1, "the table has no rows"))
    table: Table = {}
    if "subject" in frame:
        table["subject"] = _subjects(frame["subject"])
        blank = frame["subject"].str.strip() == ""
        faults += [Fault.of_cell(row, "subject", "a missing value", "who") for row in _rows(blank)]
    for name, column in form.columns.items():
        if name in frame:
            table[name], wrong = column.read(frame[name])
            faults += [_wrong(row, name, column, frame[name].iloc[row]) for row in _rows(wrong)]
    if faults := faults or list(form.faults(table)):
        raise _refusal(refusal(faults, frame.index, "line"), form)
    return table


def _absent(names: list[str], frame: pd.DataFrame) -> Fault:
    there = ", ".join(map(repr, frame.columns))
    which = f"column {names[0]} is" if len(names) == 1 else f"columns {', '.join(names)} are"
    return Fault(-1, f"{which} missing; the columns found are {there}")


def _rows(wrong: pd.Series | np.ndarray) -> list[int]:
    return np.flatnonzero(np.asarray(wrong)).tolist()


def _wrong(row: int, name: str, column: Column, text: str) -> Fault:
    given = repr(text) if text.strip() else "a missing value"
    return Fault.of_cell(row, name, given, column.expected)


def _refusal(error: InvalidTable, form: Form) -> InvalidTable:
    error.args = (f"{error}\nexpected, e.g.: {form.example}",)
    return error


def _subjects(texts: pd.Series) -> np.ndarray:
    """Numbers if all are, so that 10 comes after 9."""
    numbers = pd.to_numeric(texts, errors="coerce")
    if numbers.notna().all() and (numbers % 1 == 0).all():
        return numbers.to_numpy(int)
    return texts.str.strip().to_numpy(str)


def _held_out(study: Study) -> Study:
    """The same study, if there is something of everybody in both halves.

    Raises:
        InvalidValue: naming those of whom there is not.
    """
    answers = study.answers
    assert answers is not None
    if isinstance(answers, Choices):
        both = [answers.n_events(half) for half in (answers.train, answers.test)]
    else:
        both = [answers.n_events(half) for half in (0, 1)]
    lacking = study.subjects[np.minimum(*both) == 0].tolist()
    if lacking:
        named = ", ".join(map(str, lacking[:10])) + " ..." * (len(lacking) > 10)
        raise InvalidValue(
            f"in {study.data}, nothing can be held out of {named}; expected two lists or more of "
            "everybody, or two trials or more of the same kind: add some, or leave them out."
        )
    return study


# ---- the paradigms -------------------------------------------------------------------------------


def _about(name: str) -> dict[str, str]:
    return {"title": name, "citation": ""}


def _whole(numbers: np.ndarray) -> np.ndarray:
    return numbers.astype(int)


def _free_recall(path: Path) -> Study:
    recalls = read_csv(path)
    lengths, shortest = np.unique(recalls.list_length).tolist(), free_recall.MAX_LAG + 1
    if len(lengths) != 1 or lengths[0] < shortest:
        raise InvalidValue(
            f"{path.name} has lists of {', '.join(map(str, lengths))} words, expected one length, "
            f"of {shortest} or more (lags run to {free_recall.MAX_LAG}): keep the others in a file "
            "of their own."
        )
    return _recalled(path.name, free_recall.of_recalls(recalls), free_recall.PARADIGM)


def _recalled(name: str, heard: Heard, paradigm: RecallParadigm) -> Study:
    return replace(paradigm, heard=lambda data, n_people: (heard, name, "")).study(name, 0)


def _serial_recall(name: str, table: Table) -> Study:
    """Outputs without a row are omissions."""
    length = int(table["list_length"][0])
    subjects, row = np.unique(table["subject"], return_inverse=True)
    slot = _ranks(row, table["list"])
    shape = (len(subjects), int(slot.max()) + 1)
    responses, half = np.zeros((*shape, length), np.int16), np.zeros(shape, np.int8)
    responses[row, slot, _whole(table["output"]) - 1] = table["response"]
    half[row, slot] = 1 + slot % 2
    return _recalled(name, Heard(responses, half, length, subjects), serial_recall.PARADIGM)


def _ranks(row: np.ndarray, number: np.ndarray) -> np.ndarray:
    """[event] which of its person's lists it is of, from 0, by the lists' numbers."""
    frame = pd.DataFrame({"row": row, "number": number})
    return frame.groupby("row")["number"].rank("dense").to_numpy(int) - 1


def _serial_faults(table: Table) -> Iterator[Fault]:
    length, first = table["list_length"], table["list_length"][0]
    for name in ("output", "response"):
        for row in _rows(table[name] > length):
            yield _beyond(row, name, table[name][row], length[row])
    for row in _rows(length != first):
        expected = f"{first:g} as in the first row"
        yield Fault.of_cell(row, "list_length", f"{length[row]:g}", expected)
    keys = pd.DataFrame({name: table[name] for name in ("subject", "list", "output")})
    for row in _rows(keys.duplicated()):
        yield Fault.of_cell(row, "output", f"{table['output'][row]:g} again", "each once a list")


def _beyond(row: int, name: str, number: float, length: float, more: str = "") -> Fault:
    """A position past the end of its list."""
    most = "at most the list's length"
    return Fault.of_cell(row, name, f"{number:g}", f"{most}, {length:g}{more}", most + more)


def _recognition(name: str, table: Table) -> Study:
    n_items, place = _whole(table["list_length"]), _whole(table["serial_position"])
    old = table["said_old"].astype(bool)
    lengths = np.unique(n_items)
    return recognition.of_trials(name, _about(name), table["subject"], n_items, place, old, lengths)


def _recognition_faults(table: Table) -> Iterator[Fault]:
    for row in _rows(table["serial_position"] > table["list_length"]):
        given, length = table["serial_position"][row], table["list_length"][row]
        yield _beyond(row, "serial_position", given, length, "; 0 or nothing for a new item")


def _change_detection(name: str, table: Table) -> Study:
    size = _whole(table["set_size"])
    changed, said = (table[column].astype(bool) for column in ("change", "said_change"))
    sizes = np.unique(size).tolist()
    subject = table["subject"]
    return change_detection.of_trials(name, _about(name), subject, size, changed, said, sizes)


def _retention(name: str, table: Table) -> Study:
    """Trials in turn; of counts, half are drawn, as of those that were published."""
    delays, cell = np.unique(table["delay"], return_inverse=True)
    right = _whole(table["correct"])
    if "n" not in table:
        each = np.ones_like(right)
        people, answers = counted(table["subject"], cell, right, each, len(delays))
        return retention.of_halves(name, _about(name), people, delays, answers)
    people, row = np.unique(table["subject"], return_inverse=True)
    n_right, n = (np.zeros((len(people), len(delays)), int) for _ in range(2))
    np.add.at(n_right, (row, cell), right)
    np.add.at(n, (row, cell), _whole(table["n"]))
    return retention.of_counts(name, _about(name), people, delays, n_right, n)


def _retention_faults(table: Table) -> Iterator[Fault]:
    most = table.get("n", np.ones(len(table["correct"])))
    what = "n" if "n" in table else "1, as there is no column 'n'"
    for row in _rows(table["correct"] > most):
        yield Fault.of_cell(row, "correct", f"{table['correct'][row]:g}", f"at most {what}")


def _updating(name: str, table: Table) -> Study:
    size = _whole(table["set_size"])
    right = np.rint(table["correct"] * size)
    sizes = np.unique(size).tolist()
    return updating.of_trials(name, _about(name), table["subject"], size, right, sizes)


def _updating_faults(table: Table) -> Iterator[Fault]:
    number: Float[np.ndarray, " row"] = table["correct"] * table["set_size"]
    for row in _rows(np.abs(number - np.rint(number)) > 0.05):  # 0.67 of 3 is 2
        given, size = f"{table['correct'][row]:g}", table["set_size"][row]
        expected = f"a share of {size:g} numbers, e.g. {1 / size:.2g}"
        yield Fault.of_cell(row, "correct", given, expected, "a share of the set_size numbers")


_MOST_OBJECTS = min(N_PLACES, N_COLOURS)
_BIT = Column("1 or 0 (yes or no)", 0, 1, yes_or_no=True)

FORMS: dict[str, Form] = {
    "serial recall": Form(
        {
            "list": Column("the number of the list within its subject", -np.inf),
            "output": Column("an integer from 1 up", 1),
            "response": Column("the item's position from 1 up, 0 or nothing if none", blank=True),
            "list_length": Column("an integer from 2 up", 2),
        },
        ("response", "list_length"),
        "subject,list,output,response,list_length | 1,1,2,3,6",
        _serial_recall,
        _serial_faults,
    ),
    "recognition": Form(
        {
            "list_length": Column("an integer from 1 up", 1),
            "serial_position": Column("the probe's from 1 up, 0 or nothing if new", blank=True),
            "said_old": _BIT,
        },
        ("said_old",),
        "subject,list_length,serial_position,said_old | 1,5,2,1",
        _recognition,
        _recognition_faults,
    ),
    "change detection": Form(
        {
            "set_size": Column(f"an integer from 1 to {_MOST_OBJECTS}", 1, _MOST_OBJECTS),
            "change": _BIT,
            "said_change": _BIT,
        },
        ("said_change",),
        "subject,set_size,change,said_change | 1,4,0,0",
        _change_detection,
    ),
    "retention": Form(
        {
            "delay": Column("s from 0 up", whole=False),
            "correct": Column("0 or 1, or how many of n", yes_or_no=True),
            "n": Column("an integer from 1 up", 1),
        },
        ("delay", "correct"),
        "subject,delay,correct | 1,18,1",
        _retention,
        _retention_faults,
        optional=("n",),
    ),
    "updating": Form(
        {
            "set_size": Column("an integer from 1 up", 1),
            "correct": Column("a share from 0 to 1", 0, 1, whole=False),
        },
        ("set_size", "correct"),
        "subject,set_size,correct | 1,4,0.75",
        _updating,
        _updating_faults,
    ),
}
"""Tables by paradigm; free recall has psifr's own."""
