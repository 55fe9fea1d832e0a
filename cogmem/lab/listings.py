"""What there is, in lines for the terminal: models, data sets, published tables, experiments.

Cards and data sets are listed without importing anything heavy.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cogmem.data import catalogue, published_catalogue
from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.card import Card, choose_cards, read_cards

if TYPE_CHECKING:
    from cogmem.lab.experiment import Experiment

__all__ = ["Paragraph", "cards", "data_sets", "experiments", "write_table"]

Paragraph = tuple[str, list[str]]
"""A heading and the lines below it."""


def data_sets() -> Iterator[Paragraph]:
    """Data sets by paradigm, then tables of published numbers: how much, whose, whether here."""
    rows = sorted(catalogue(), key=lambda row: row["paradigm"])
    for paradigm, sets in groupby(rows, key=lambda row: row["paradigm"]):
        yield paradigm, [line for row in sets for line in _data_set(row)]
    yield "published tables, as published(NAME)", _tables(published_catalogue())


def experiments(names: Sequence[str] = ()) -> Iterator[Paragraph]:
    """Experiments by name: what each answers, of which models and people, at what cost.

    Args:
        names: which; all if none.

    Raises:
        UnknownName: with the nearest name.
    """
    from cogmem.lab.experiment import find_experiment, list_experiments

    for name in names or list_experiments():
        one = find_experiment(name)
        yield f"{name}: {one.title}", [f"  {what}: {fact}" for what, fact in _facts(one).items()]


def cards(names: Sequence[str]) -> list[Card]:
    """The cards of some models, or of all, for `cogmem list`.

    Args:
        names: of cards, or of participants that are called as their card is but for capitals,
            spaces and hyphens.

    Raises:
        UnknownName: with the nearest name.
        InvalidValue: for a participant whose model has a card of quite another name.
    """
    return [_card(name) for name in names] or choose_cards()


def _card(name: str) -> Card:
    try:
        return choose_cards(name)[0]
    except UnknownName as error:
        from cogmem.participants.roster import roster  # only now, as it imports every model

        entrants, known = {each.casefold(): each for each in roster(None)}, read_cards()
        if (entrant := entrants.get(name.casefold())) is None:
            kind = "model (or `experiments`)"
            raise UnknownName(kind, name, [*known, "experiments"]) from error
        raise InvalidValue(
            f"{entrant} is a participant without a card of its name; the cards are "
            f"{', '.join(known)}. `cogmem where {shlex.quote(entrant)}` says where its code is, "
            f"`cogmem cite {shlex.quote(entrant)}` whom it follows."
        ) from error


def write_table(name: str, path: Path, n_people: int | None = None) -> int:
    """Write people's free recall as a CSV that `cogmem fit` and `cogmem compare` read.

    Args:
        name: of a data set of free recall.
        path: of the file; nothing is overwritten.
        n_people: the first so many; None: all.

    Returns:
        The number of rows.

    Raises:
        UnknownName: for no data set of that name.
        InvalidValue: if the file is there already, nobody would be in it, or it is not free recall.
    """
    from cogmem.data import load, to_table
    from cogmem.lab.artefacts import make_folder

    if path.exists():
        raise InvalidValue(f"{path} would be overwritten; give another name (--csv).")
    if n_people is not None and n_people < 1:
        raise InvalidValue(f"people is {n_people}, expected 1 or more.")
    table = to_table(load(name))
    people = table["subject"].drop_duplicates()[:n_people]
    table = table[table["subject"].isin(people)]
    make_folder(path.parent)
    table.to_csv(path, index=False)
    return len(table)


def _data_set(row: Mapping[str, Any]) -> list[str]:
    counts = {"people": row["subjects"], "lists or trials": row["lists"]}
    sizes = [f"{n} {what}" for what, n in counts.items() if n]
    return [
        f"  {row['name']}: {', '.join([*sizes, row['place']])}",
        f"    {row['citation']} Licence: {row['licence']}",
    ]


def _tables(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        f"  {row['name']}: {row['verified']} of {row['numbers']} numbers read at their source\n"
        f"    {row['source']}"
        for row in rows
    ]


def _facts(experiment: Experiment) -> dict[str, str]:
    facts = {
        "answers": "; ".join(experiment.sources),
        "models": ", ".join(experiment.models),
        "people": ", ".join(experiment.people),
        "cost": "; ".join(f"{preset}: {cost}" for preset, cost in experiment.cost.items()),
    }
    return {what: fact or "none" for what, fact in facts.items()}
