"""The table of minds as text, and its numbers, from made-up results."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console
from rich.table import Table

from cogmem.errors import InvalidValue
from cogmem.lab.minds_tables import markdown, numbers, table
from cogmem.plots.mind_scores import EN_DASH, cells, checked, order, reasons, two_digits
from tests.plots.fake_minds import fake_tree

TREE = fake_tree(9)
SCORES = checked(TREE)


def printed(made: Table, width: int) -> str:
    console = Console(width=width, no_color=True)
    with console.capture() as captured:
        console.print(made)
    return captured.get()


def rows_of(text: str) -> dict[str, list[str]]:
    """Cells of a Markdown table by the first of its row."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows}


def test_rows_stand_in_the_order_of_mean_rank_and_ceilings_below() -> None:
    names = list(rows_of(markdown(TREE)))
    assert names[2:] == [*order(SCORES), "*other people*", "*same person*"]
    shown = [str(cell) for cell in table(TREE).columns[0].cells]
    assert shown == [*order(SCORES), "other people", "same person"]


def test_markdown_holds_the_numbers_of_the_tree() -> None:
    rows = rows_of(markdown(TREE))
    head = ["mean rank", *map(str, SCORES["paradigm"].values), "fitted", "chosen", "learnt"]
    assert [name.rstrip("\\*") for name in rows["model"]] == head
    for (model, paradigm), cell in cells(SCORES).items():
        shown = rows[model][head.index(paradigm)]
        if cell.why:
            assert shown == f"{EN_DASH}<sup>{cell.why}</sup>"
        else:
            assert shown.strip("*") == two_digits(cell.value)
            assert shown.startswith("**") == cell.best
        assert rows[model][-2] == str(SCORES["n_chosen"].sel(model=model).item())


def test_one_model_of_a_paradigm_is_bold() -> None:
    rows = rows_of(markdown(TREE))
    bold = np.array([[cell.startswith("**") for cell in rows[m][1:9]] for m in order(SCORES)])
    assert bold.sum(axis=0).tolist() == [1] * 8
    best = order(SCORES)[int(np.argmax(bold[:, 0]))]
    assert best == str(SCORES["gain"].sel(paradigm="free recall").idxmax("model").item())


def test_reasons_are_listed_once_by_number() -> None:
    listed = re.findall(r"^(\d+)\. (.+)$", markdown(TREE), re.M)
    assert [reason for _, reason in listed] == reasons(SCORES)
    assert [int(number) for number, _ in listed] == list(range(1, len(listed) + 1))
    used = set(re.findall(r"<sup>(\d+)</sup>", markdown(TREE)))
    assert used == {number for number, _ in listed}


def test_terminal_shows_the_same_cells_and_reasons() -> None:
    text = printed(table(TREE), 140)
    for reason in reasons(SCORES):
        assert reason in text
    for (model, _), cell in cells(SCORES).items():
        line = next(line for line in text.splitlines() if line.strip().startswith(model))
        shown = f"{EN_DASH} [{cell.why}]" if cell.why else two_digits(cell.value)
        assert shown in line


def test_terminal_of_eighty_letters_breaks_no_number() -> None:
    lines = printed(table(TREE), 80).splitlines()
    assert max(map(len, lines)) <= 80
    shown = [two_digits(c.value) for c in cells(SCORES).values() if not c.why]
    text = "\n".join(lines)
    assert all(number in text for number in shown)


def test_numbers_are_tidy_and_those_of_the_tree() -> None:
    told = numbers(TREE)
    assert list(told) == ["panel", "model", "line", "x", "value", "low", "high", "note"]
    gains = told[told["panel"] == "gain"].set_index(["model", "line"])
    for model in order(SCORES):
        here = SCORES.sel(model=model, paradigm="retention")
        row = gains.loc[(model, "retention")]
        np.testing.assert_equal(
            [row["value"], row["low"]], [here["gain"].item(), here["gain_low"].item()]
        )
        assert str(row["note"]).startswith("blank: ") == (not here["sits"])
        assert str(here["how"].item()) in str(row["note"])
    learnt = told[(told["panel"] == "parameters") & (told["line"] == "learnt")]
    assert learnt.set_index("model")["value"].to_dict() == SCORES["n_learnt"].to_series().to_dict()


def test_numbers_hold_every_point_of_the_curves_drawn() -> None:
    told = numbers(TREE)
    one = told[(told["panel"] == "fan effect") & (told["model"] == "people")]
    drawn = TREE["curves/fan effect/mean"].sel(source="people")
    found = one.pivot(index="line", columns="x", values="value").loc[drawn["line"].values]
    np.testing.assert_array_equal(found.to_numpy(), drawn.values)
    assert not told.loc[told["panel"] == "lag-CRP", "x"].eq(0).any()
    assert "first recall" not in set(told["panel"])
    assert isinstance(told, pd.DataFrame)


def test_unknown_gains_are_dashes_without_a_number() -> None:
    root = SCORES.assign(gain=SCORES["gain"] * np.nan)
    rows = rows_of(markdown(xr.DataTree(root)))
    assert rows["null"][1:5] == [EN_DASH] * 4
    assert rows["null"][5] == "1.00" or rows["null"][5] == "**1.00**"


def test_bar_in_a_name_does_not_end_its_cell() -> None:
    named = SCORES.assign_coords(model=["a|b", *SCORES["model"].values[1:]])
    assert "| a\\|b |" in markdown(xr.DataTree(named))


def test_what_is_lacking_is_named() -> None:
    for made in (table, markdown, numbers):
        with pytest.raises(InvalidValue, match="people_gain"):
            made(xr.DataTree(SCORES.drop_vars("people_gain")))
