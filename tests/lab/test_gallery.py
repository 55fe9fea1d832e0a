"""The gallery: every figure with what it answers, from experiments and provenance alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cogmem.lab.experiment import find_experiment, list_experiments
from cogmem.lab.gallery import gallery, write_gallery

FIGURES = Path(__file__).parents[2] / "figures"
EVERY = list_experiments()


@pytest.fixture(scope="module")
def one():
    found = find_experiment("fan_effect")
    return replace(found, answers="A table", agrees="a * b = 2", disagrees="the rest")


def made(folder: Path, name: str, preset: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    how = {
        "preset": preset,
        "measured": "2026-01-02",
        "seconds": 3.5,
        "versions": {"cogmem": "1", "jax": "2", "numpy": "3"},
    }
    (folder / f"{name}.json").write_text(json.dumps(how))
    (folder / f"{name}.png").write_bytes(b"")


def test_an_entry_says_what_agrees_and_what_does_not(one, tmp_path):
    folder = tmp_path / "figures"
    made(folder, "fan_effect", "paper")
    made(folder / "quick", "fan_effect", "quick")
    assert "[script]" not in gallery(folder, [one])  # outside a checkout there is none to show
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "fan_effect.py").touch()
    page = gallery(folder, [one])
    assert f"![{one.title}](fan_effect.png)" in page
    assert "- **Answers.** A table\n- **Agrees.** a \\* b = 2\n- **Does not.** the rest" in page
    assert "[quick preset](quick/fan_effect.png)" in page
    assert "[script](../experiments/fan_effect.py)" in page
    assert "paper preset, 2026-01-02, 3.5 s; from nothing: some minutes on one core" in page


def test_what_was_only_run_quickly_is_shown_from_there(one, tmp_path):
    made(tmp_path / "quick", "fan_effect", "quick")
    page = gallery(tmp_path, [one])
    assert "](quick/fan_effect.png)" in page
    assert "[quick preset]" not in page


def test_a_figure_never_made_is_told(one, tmp_path):
    assert "Not made yet: `cogmem figure fan_effect`" in gallery(tmp_path, [one])


def test_people_come_first_and_models_one_by_one(one, tmp_path):
    people = replace(one, name="zebra", models=())
    many = replace(one, name="yak", models=("cmr", "tcm", "bdh", "hlop"))
    heads = re.findall(r"^## (.*)", gallery(tmp_path, [one, many, people]), re.MULTILINE)
    assert heads[:2] == ["People and tasks", "Models side by side"]
    assert heads[2].startswith("Tensor Brain")


def test_a_page_of_the_users_own_is_not_overwritten(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# My notes")
    assert write_gallery(tmp_path) is None
    assert path.read_text() == "# My notes"


def test_the_page_that_is_kept_is_up_to_date():
    assert (FIGURES / "README.md").read_text(encoding="utf-8") == gallery(FIGURES)


@pytest.mark.parametrize("name", EVERY)
def test_every_experiment_says_what_it_answers_and_what_fails(name):
    experiment = find_experiment(name)
    assert experiment.answers
    assert experiment.disagrees
    assert "quick" in experiment.cost
    assert "paper" in experiment.cost


@pytest.mark.parametrize("name", EVERY)
def test_every_figure_is_kept_with_where_it_comes_from(name):
    """Quick figures for the check, and the paper's where it was run, with date, versions, time."""
    for path in (FIGURES / f"{name}.json", FIGURES / "quick" / f"{name}.json"):
        if path.exists() or path.parent.name == "quick":
            how = json.loads(path.read_text(encoding="utf-8"))
            assert how["preset"] == ("quick" if path.parent.name == "quick" else "paper")
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", how["measured"])
            assert how["seconds"] >= 0
            assert {"python", "jax", "numpy"} <= set(how["versions"])
            for kind in ("svg", "png", "csv"):
                assert path.with_suffix(f".{kind}").exists()
