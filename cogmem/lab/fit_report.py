"""What is said of a fit: what there is to fit to, before; what was found and what not, after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.console import Group
from rich.table import Table

from cogmem.data.recalls import Recalls
from cogmem.errors import InvalidValue
from cogmem.participants.roster import roster

if TYPE_CHECKING:
    from cogmem.lab.fitting import Fitted

__all__ = ["GROUP", "content", "summary", "undetermined"]

GROUP = "group"
"""What the one person is called whose lists are everybody's."""


def content(recalls: Recalls) -> str:
    """People, lists and recalls in a line, and what became of the recalls.

    Raises:
        InvalidValue: if no word was recalled correctly: there is nothing to fit.
    """
    n_out, n_lists, length = int(recalls.n_out.sum()), len(recalls), recalls.length
    correct, strange = int(recalls.first.sum()), int((recalls.recalls == -1).sum())
    if not correct:
        raise InvalidValue(
            f"of the {_counted(n_out, 'recall')} in {_counted(n_lists, 'list')}, none is of a "
            "word of its list: there is nothing to fit. Expected recalled words (column item) "
            "written as they were studied, in the list that they were studied in."
        )
    parts = {"repeated": n_out - correct - strange, "of no studied word": strange}
    told = ", ".join([f"{correct} correct", *(f"{n} {what}" for what, n in parts.items())])
    return (
        f"{_counted(len(recalls.subjects), 'person', 'people')}, {_counted(n_lists, 'list')} of "
        f"{_counted(length, 'word')}; {_counted(n_out, 'recall')}: {told}"
    )


def _counted(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"


def summary(fitted: Fitted) -> Group:
    """What a terminal shows: each parameter over people, and what to beware of."""
    table, people = fitted.table, len(fitted.fit.people)
    head = f"{fitted.plan.model}: {people} fitted, total NLL {fitted.fit.nll.sum():.1f} nats"
    spread = "quartiles" if people >= FEW_PEOPLE else "each person"
    named = ("median", spread) if people > 1 else ("estimate",)
    shown = Table("parameter", *named, "without interval", "at bound", title=head)
    for name, rows in table.groupby("parameter", sort=False):
        missing, bound = rows["low"].isna().sum(), rows["at_bound"].sum()
        middle = f"{rows['estimate'].median():.3g}"
        told = (middle, _spread(rows["estimate"])) if people > 1 else (middle,)
        shown.add_row(str(name), *told, str(missing), str(bound))
    note = undetermined(fitted)
    return Group(shown, note) if note else Group(shown)


FEW_PEOPLE = 5
"""Of fewer people than that there are no quartiles to speak of."""


def _spread(values: pd.Series) -> str:
    if len(values) < FEW_PEOPLE:
        return ", ".join(f"{value:.3g}" for value in values)
    low, high = values.quantile([0.25, 0.75])
    return f"{low:.3g} to {high:.3g}"


def undetermined(fitted: Fitted) -> str:
    """If most parameters have no interval for most people: that, why, and what to do."""
    k, people = len(fitted.fit.sitting.parameters), fitted.fit.people
    lacking = fitted.table["low"].isna().to_numpy().reshape(-1, k).mean(axis=0) > 0.5
    if lacking.sum() <= k / 2:
        return ""
    n_events = float(np.median(people.n_events))
    whose = "the group" if fitted.plan.by == GROUP else "a person"
    ways = {
        "take all lists as one person's (--by group)": fitted.plan.by != GROUP,
        "sample posteriors (--bayes)": not fitted.plan.bayes,
        "fit a smaller model, e.g. TCM": k > len(roster()["TCM"].parameters),
        "add lists": True,
    }
    todo = "; or ".join(way for way, open_ in ways.items() if open_)
    return (
        f"{lacking.sum()} of {k} parameters are not determined (no interval for most people): "
        f"{n_events:g} responses of {whose}, ends of recall included, are few for {k} parameters. "
        f"{todo[0].upper()}{todo[1:]}."
    )
