"""Lists for the terminal, and people's recall as an example of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cogmem.data import load, read_csv
from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.listings import data_sets, experiments, write_table
from tests.lab.sweeps.conftest import experiments as _found  # noqa: F401  (a fixture)


def test_a_table_written_is_read_again_the_same(tmp_path):
    path = tmp_path / "new" / "mine.csv"
    rows = write_table("peers", path, 2)
    again, people = read_csv(path), load("peers")
    two = people.select(subject=people.subjects[:2])
    assert rows == len(pd.read_csv(path))
    np.testing.assert_array_equal(again.recalls, two.recalls[:, : again.recalls.shape[1]])


def test_no_table_is_overwritten(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("mine")
    with pytest.raises(InvalidValue, match="would be overwritten"):
        write_table("peers", path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "people", "error"),
    [("peer", None, UnknownName), ("peers", 0, InvalidValue), ("mnist", None, InvalidValue)],
)
def test_what_cannot_be_written_leaves_no_file(name, people, error, tmp_path):
    with pytest.raises(error):
        write_table(name, tmp_path / "mine.csv", people)
    assert not (tmp_path / "mine.csv").exists()


def test_data_sets_come_by_paradigm_with_citation_and_licence():
    told = dict(data_sets())
    (peers,) = [line for line in told["immediate free recall"] if "peers:" in line]
    assert "126 people" in peers
    assert all("Licence: " in line for line in told["serial recall"][1::2])


def test_experiments_say_what_they_answer():
    headings = [heading for heading, _ in experiments()]
    assert "walk: A random walk" in headings
