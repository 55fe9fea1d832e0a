"""What is said of a fit before and after it."""

from __future__ import annotations

import numpy as np
import pytest
from rich.console import Console

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.fit import Fit, People
from cogmem.lab.fit_report import content, summary, undetermined
from cogmem.lab.fitting import FitPlan, Fitted, _tidy
from cogmem.participants.roster import sitting

N_ITEMS = 8


def recalls(n_people: int) -> Recalls:
    """Two lists of each; of the second the first word is said twice, and one never studied."""
    each = [[1, 2, 0], [1, 1, -1]]
    subjects = np.repeat(np.arange(n_people), 2)
    return Recalls.from_positions(each * n_people, list_length=N_ITEMS, subject=subjects)


def fitted(n_people: int, n_without: int, model: str = "CMR", **asked: object) -> Fitted:
    """A fit as if found, of whose parameters the first so many have no interval."""
    one = sitting(model)
    shape = n_people, len(one.parameters)
    values = {
        "estimate": np.tile(np.arange(n_people)[:, None] + 0.5, shape[1]),
        "low": np.full(shape, 0.1),
        "high": np.full(shape, 9.0),
        "held": np.zeros(shape),
        "peaked": np.ones(n_people),
    }
    values["low"][:, :n_without] = np.nan
    people = People.of(recalls(n_people))
    found = Fit(one, people, values["estimate"].astype(np.float32), np.ones(n_people))
    plan = FitPlan(model, "", **asked)
    asked_without = FitPlan(model, "", by=plan.by)
    return Fitted(plan, found, _tidy(asked_without, found, values))


def shown(one: Fitted) -> str:
    console = Console(width=140)
    with console.capture() as captured:
        console.print(summary(one))
    return captured.get()


def test_what_there_is_to_fit_to_is_counted() -> None:
    assert content(recalls(2)) == (
        "2 people, 4 lists of 8 words; 10 recalls: 6 correct, 2 repeated, 2 of no studied word"
    )
    assert content(recalls(1)[:1]) == (
        "1 person, 1 list of 8 words; 2 recalls: 2 correct, 0 repeated, 0 of no studied word"
    )


def test_lists_of_which_no_word_was_recalled_are_refused() -> None:
    nothing = Recalls.from_positions([[-1, -1], [-1, 0]], list_length=N_ITEMS)
    with pytest.raises(InvalidValue, match="of the 3 recalls in 2 lists, none is of a word of its"):
        content(nothing)


def test_nothing_is_added_where_most_is_determined() -> None:
    assert undetermined(fitted(2, 5)) == ""  # of 11


def test_parameters_that_are_not_determined_are_told_with_what_to_do() -> None:
    told = undetermined(fitted(2, 6))
    assert told.startswith("6 of 11 parameters are not determined (no interval for most people)")
    for way in ("--by group", "--bayes", "TCM"):
        assert way in told
    assert told in " ".join(shown(fitted(2, 6)).split())


def test_what_was_done_already_is_not_advised() -> None:
    told = undetermined(fitted(1, 5, "TCM", by="group", bayes=True))
    assert told.endswith("Add lists.")


@pytest.mark.parametrize(
    ("n_people", "told"),
    [(1, "estimate"), (2, "0.5, 1.5"), (4, "0.5, 1.5, 2.5, 3.5"), (5, "1.5 to 3.5")],
)
def test_quartiles_are_of_five_people_or_more(n_people: int, told: str) -> None:
    table = shown(fitted(n_people, 0))
    assert told in table
    assert ("quartiles" in table) == (n_people >= 5)
