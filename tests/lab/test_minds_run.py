"""The measured table that comes with cogmem, and a mind that fails."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cogmem.errors import InvalidValue
from cogmem.fit.paradigms import find_paradigm, paradigms
from cogmem.lab import minds_run
from cogmem.lab.experiment import Session
from cogmem.lab.minds_run import measured
from cogmem.lab.minds_tables import markdown
from cogmem.lab.store import Store
from cogmem.participants import roster
from cogmem.participants.conformance import RuleBroken
from cogmem.participants.null import NullParticipant
from cogmem.participants.protocol import PARADIGMS
from cogmem.participants.roster import Mind, minds

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def table():
    return measured().to_dataset()


def test_every_registered_model_and_every_paradigm_is_in_it(table):
    assert set(table["model"].values) == set(minds())
    assert tuple(table["paradigm"].values) == PARADIGMS == tuple(paradigms())


def test_every_cell_has_a_number_or_a_reason(table):
    for name in table["model"].values:
        for paradigm in table["paradigm"].values:
            cell = table.sel(model=name, paradigm=paradigm)
            scored = cell["sits"].item() and not cell["why_no_bits"].item()
            assert np.isfinite(cell["gain"].item()) == scored, (name, paradigm)
            assert cell["how"].item() not in ("", "not declared by its author")


def test_it_says_of_each_cell_what_the_models_say_now(table):
    for name, mind in minds().items():
        for paradigm in PARADIGMS:
            told = table["how"].sel(model=name, paradigm=paradigm).item()
            assert told == mind.how(paradigm), (name, paradigm)


def test_nobody_searched_more_than_others(table):
    assert set(table["n_evaluations"].values.tolist()) <= {1, measured().attrs["budget"]}


def test_the_readme_has_the_same_table():
    rows = [line for line in markdown(measured()).splitlines() if line.startswith("| ")]
    text = README.read_text(encoding="utf-8")
    assert len(rows) > 10
    assert all(row in text for row in rows)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "no.nc").write_text("nothing")
    with pytest.raises(InvalidValue, match="holds no table of minds"):
        measured(tmp_path / "no.nc")


class Broken(NullParticipant):
    """Fails when it is asked."""

    def evidence(self, state, cue):  # type: ignore[no-untyped-def]
        raise ValueError("no such thing")


def test_a_mind_that_fails_is_told_of_and_the_others_go_on(tmp_path, monkeypatch):
    name = "paired associates"
    config = SimpleNamespace(
        n_people=0, n_generations=1, population=4, n_draws=2, n_copies=1, unseen=False,
        seed=0, data="", models="",
    )  # fmt: skip
    store = Store.open(tmp_path / "minds.zarr", {"config_hash": "0"})
    both = {"null": Mind("null", (NullParticipant(),)), "Broken": Mind("Broken", (Broken(),))}
    data = {name: find_paradigm(name).sets[0]}
    monkeypatch.setattr("cogmem.fit.arena.Arena._refusal", lambda self, mind, paradigm: "")
    found, failed = minds_run._all_found(
        config,
        Session(results=tmp_path),
        store,
        both,
        minds_run.arena_of(config, data),
        data,
        lambda steps, doing: None,
    )
    assert set(found) == {"null"}
    assert failed == {"Broken": "failed: ValueError: no such thing"}


FAULTY = '''
import jax.numpy as jnp
from cogmem.participants.null import NullParticipant
from cogmem.participants.protocol import PARADIGMS
from cogmem.participants.roster import enter


@enter("Faulty")
class Faulty(NullParticipant):
    """Sits one paradigm, with a fault."""

    paradigms = {"retention": "native"}
    declines = {name: "nothing on it" for name in PARADIGMS if name != "retention"}

    def evidence(self, state, cue):
        BODY
'''


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise ValueError('boom')", r"Faulty in retention breaks .*: got ValueError: boom"),
        ("return super().evidence(state, cue)[:-1]", "breaks the rule 'a number each'"),
        ("return super().evidence(state, cue) * jnp.nan", "got nan for candidate 0"),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence_before_anything_is_computed(
    tmp_path, monkeypatch, body, told
):
    monkeypatch.setattr(roster, "_ROSTER", dict(roster.roster(None) and roster._ROSTER))
    file = tmp_path / "faulty.py"
    file.write_text(FAULTY.replace("BODY", body))
    here = {"retention": find_paradigm("retention").sets[0]}
    monkeypatch.setattr(minds_run, "_data_here", lambda config: (here, []))
    with pytest.raises(RuleBroken, match=told):
        minds_run.run_minds(SimpleNamespace(models=str(file)), Session(results=tmp_path), {})
    assert [each.name for each in tmp_path.iterdir()] == ["faulty.py"]  # no store
