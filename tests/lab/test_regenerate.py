"""Many figures at once: where they go, what a failure leaves, what need not be made again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cogmem.cli import app
from cogmem.lab import regenerate
from cogmem.lab.experiment import find_experiment
from cogmem.lab.regenerate import check_all, folder_of, is_current, make_all
from cogmem.lab.runtime import one_thread
from cogmem.lab.show import Run
from tests.lab.sweeps.conftest import experiments  # noqa: F401  (a fixture)


@pytest.fixture
def walk() -> Run:
    return Run(find_experiment("walk"))


@pytest.fixture
def steps() -> list[tuple[float, str]]:
    return []


def test_a_trial_never_overwrites_what_a_paper_rests_on(walk):
    experiment = walk.experiment
    assert folder_of(Run(experiment, "paper")) == Path("figures")
    assert folder_of(walk) == Path("figures/quick")
    assert folder_of(Run(experiment, "paper", {"noise": "2"})) == Path("figures/changed")
    assert folder_of(walk, Path("elsewhere")) == Path("elsewhere")


def test_each_figure_is_one_step_whatever_goes_on_in_it(walk, steps, tmp_path):
    made = list(make_all([walk, walk], tmp_path, lambda n, doing: steps.append((n, doing))))
    assert [each.error for each in made] == ["", ""]
    assert {path.suffix for path in made[0].paths} == {".svg", ".png", ".csv", ".json"}
    assert sum(n for n, _ in steps) == pytest.approx(2)
    assert len(steps) > 4  # the cells of the sweep move the bar too
    assert all(doing.startswith("walk") for _, doing in steps)


def test_one_that_fails_is_told_and_the_others_go_on(walk, tmp_path, steps):
    broken = Run(walk.experiment, overrides={"noise": "nonsense"})
    made = list(make_all([broken, walk], tmp_path, lambda n, doing: steps.append((n, doing))))
    assert made[0].error.startswith("walk: InvalidValue: ")
    assert made[0].paths == ()
    assert made[1].error == ""
    assert sum(n for n, _ in steps) == pytest.approx(2)


def test_workers_make_the_same_figures(walk, tmp_path, steps):
    def mapper(function, jobs):
        yield from ((job, function(job)) for job in jobs)

    list(make_all([walk], tmp_path / "here", lambda *_: None))
    list(make_all([walk], tmp_path / "there", lambda n, doing: steps.append((n, doing)), mapper))
    for kind in ("svg", "png", "csv"):
        here, there = (tmp_path / place / f"walk.{kind}" for place in ("here", "there"))
        assert here.read_bytes() == there.read_bytes()
    assert steps == [(1, "walk")]


def test_a_figure_is_kept_while_code_versions_and_settings_are_the_same(
    walk, tmp_path, monkeypatch
):
    commits = iter(["abc", "abc", "abc", "def", "abc (changed)", "unknown", "abc"])
    monkeypatch.setattr("cogmem.lab.provenance.commit", lambda: "abc")
    monkeypatch.setattr(regenerate, "commit", lambda: next(commits))
    assert not is_current(walk, tmp_path)  # never made: no commit is asked for
    list(make_all([walk], tmp_path, lambda *_: None))
    assert is_current(walk, tmp_path)
    assert is_current(walk, tmp_path)
    assert not is_current(Run(walk.experiment, "paper"), tmp_path)  # other settings
    assert not is_current(walk, tmp_path)  # "def"
    assert not is_current(walk, tmp_path)  # changed since
    assert not is_current(walk, tmp_path)  # outside a checkout
    how = tmp_path / "walk.json"
    made = json.loads(how.read_text())
    how.write_text(json.dumps(made | {"versions": made["versions"] | {"jax": "0.0"}}))
    assert not is_current(walk, tmp_path)


def test_checks_go_through_all_and_tell_what_fails(walk, tmp_path, steps):
    list(make_all([walk], tmp_path, lambda *_: None))
    broken = Run(walk.experiment, overrides={"noise": "nonsense"})
    told = list(check_all([broken, walk], tmp_path, lambda n, doing: steps.append((n, doing))))
    assert "InvalidValue" in told[0].error
    assert told[1].unchanged
    assert sum(n for n, _ in steps) == pytest.approx(2)


def test_workers_check_too(walk, tmp_path):
    def mapper(function, jobs):
        yield from ((job, function(job)) for job in jobs)

    list(make_all([walk], tmp_path, lambda *_: None))
    (told,) = check_all([walk], tmp_path, lambda *_: None, mapper)
    assert told.unchanged


def test_the_order_of_sums_does_not_hang_on_the_machine(monkeypatch):
    """What a figure rests on is computed with one thread, unless the user asks for more."""
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    one_thread()
    assert os.environ["XLA_FLAGS"] == "--xla_cpu_multi_thread_eigen=false"
    assert os.environ["OMP_NUM_THREADS"] == "3"
    del os.environ["XLA_FLAGS"]


def test_the_command_fails_if_a_figure_does(tmp_path, monkeypatch):
    monkeypatch.setattr("cogmem.lab.regenerate._made", _fails)
    result = CliRunner().invoke(app, ["figure", "walk", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "failed: walk: RuntimeError: no luck" in result.output


def test_the_command_says_what_it_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("cogmem.lab.regenerate.is_current", lambda run, folder: True)
    result = CliRunner().invoke(app, ["figure", "walk", "--out", str(tmp_path)])
    assert "1 kept" in result.output
    assert not (tmp_path / "walk.png").exists()


def _fails(run, folder):
    raise RuntimeError("no luck")
