"""Many figures at once: where they go, what a failure leaves, what need not be made again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cogmem.cli import app
from cogmem.lab import figures
from cogmem.lab.experiment import find_experiment
from cogmem.lab.regenerate import (
    check_all,
    check_and_tell,
    folder_of,
    make_all,
    make_and_tell,
)
from cogmem.lab.runtime import one_thread, threads
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


@pytest.fixture
def made(walk, tmp_path, monkeypatch):
    """A folder with the figure, by a commit that is known."""
    for module in ("provenance", "figures"):
        monkeypatch.setattr(f"cogmem.lab.{module}.commit", lambda: "abc")
    assert figures.outdated(walk, tmp_path) == "was never made"
    list(make_all([walk], tmp_path, lambda *_: None))
    assert figures.outdated(walk, tmp_path) == ""
    return tmp_path


def told(folder: Path, **changed: object) -> None:
    """Changes what a figure says of itself."""
    how = folder / "walk.json"
    how.write_text(json.dumps(json.loads(how.read_text()) | changed))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"config_hash": "0"}, "other settings, preset quick"),
        ({"versions": {"jax": "0.0"}}, "other versions"),
        ({"threads": "two"}, "other threads"),
        ({"script": "3.11:0"}, "another version of its script"),
        ({"commit": "def"}, "by commit def"),
    ],
)
def test_a_figure_is_kept_only_while_all_is_the_same(walk, made, changed, why):
    told(made, **changed)
    assert why in figures.outdated(walk, made)


def test_a_figure_by_code_that_was_changed_is_not_kept(walk, made, monkeypatch):
    monkeypatch.setattr("cogmem.lab.figures.commit", lambda: "abc (changed)")
    told(made, commit="abc (changed)")
    assert "changed since its commit" in figures.outdated(walk, made)


@pytest.mark.parametrize("kind", ["svg", "png", "csv"])
def test_a_figure_of_which_a_file_is_gone_is_not_kept(walk, made, kind):
    (made / f"walk.{kind}").unlink()
    assert figures.outdated(walk, made) == f"its .{kind} is gone"


def test_a_figure_without_some_of_its_data_is_not_kept(walk, made):
    path = made / "walk.csv"
    path.write_text(path.read_text() + "peers,not here\n")
    assert "without some of its data" in figures.outdated(walk, made)


@pytest.mark.parametrize("torn", ["", "{", "[]"])
def test_a_torn_provenance_is_as_if_there_were_none(walk, made, torn):
    (made / "walk.json").write_text(torn)
    assert figures.outdated(walk, made) == "was never made"


def test_anew_uses_nothing_that_is_stored(walk, made, monkeypatch, tmp_path_factory):
    results = tmp_path_factory.mktemp("results")
    monkeypatch.setenv("COGMEM_RESULTS", str(results))
    said: list[str] = []
    assert make_and_tell([walk], made, 0, said.append) == []
    assert said == ["1 kept: made by this code with these settings (see --anew)"]
    assert make_and_tell([walk], made, 0, said.append, anew=True) == []
    assert said[1].startswith("wrote ")
    (check,) = check_and_tell([walk], made, 0, said.append, anew=True)
    assert check.unchanged
    assert list(results.iterdir()) == []
    assert os.environ["COGMEM_RESULTS"] == str(results)


def test_checks_go_through_all_and_tell_what_fails(walk, tmp_path, steps):
    list(make_all([walk], tmp_path, lambda *_: None))
    broken = Run(walk.experiment, overrides={"noise": "nonsense"})
    found = list(check_all([broken, walk], tmp_path, lambda n, doing: steps.append((n, doing))))
    assert "InvalidValue" in found[0].error
    assert found[1].unchanged
    assert sum(n for n, _ in steps) == pytest.approx(2)


def test_workers_check_too(walk, tmp_path):
    def mapper(function, jobs):
        yield from ((job, function(job)) for job in jobs)

    list(make_all([walk], tmp_path, lambda *_: None))
    (check,) = check_all([walk], tmp_path, lambda *_: None, mapper)
    assert check.unchanged


def test_the_order_of_sums_does_not_hang_on_the_machine(monkeypatch):
    """What a figure rests on is computed with one thread, unless the user asks for more."""
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("XLA_FLAGS", "--xla_other=1")
    monkeypatch.delenv("NPROC", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    one_thread()
    assert os.environ["XLA_FLAGS"] == "--xla_other=1 --xla_cpu_multi_thread_eigen=false"
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert threads() == "one"
    one_thread()
    assert os.environ["XLA_FLAGS"].count("eigen") == 1
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true")
    one_thread()  # the user asks for more
    assert threads() == "many"


def test_the_command_fails_if_a_figure_does(tmp_path, monkeypatch):
    monkeypatch.setattr("cogmem.lab.regenerate._made", _fails)
    result = CliRunner().invoke(app, ["figure", "walk", "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert "failed: walk: RuntimeError: no luck" in result.output


def test_the_command_says_what_it_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("cogmem.lab.figures.outdated", lambda run, folder: "")
    result = CliRunner().invoke(app, ["figure", "walk", "--out", str(tmp_path)])
    assert "1 kept" in result.output
    assert not (tmp_path / "walk.png").exists()


def _fails(run, folder):
    raise RuntimeError("no luck")


SUMS = """
from cogmem.lab.runtime import one_thread
one_thread()
import jax, jax.numpy as jnp
x = jax.random.normal(jax.random.key(0), (3000, 64))
print(float(jax.jit(lambda x: jnp.sum((x.T @ x) @ x.T))(x)).hex())
print(float(jax.jit(jnp.sum)(jax.random.normal(jax.random.key(1), (5_000_000,)))).hex())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_sums_are_the_same_on_one_core_and_on_all():
    def summed(cores: set[int]) -> str:
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)
        try:
            words = [sys.executable, "-c", SUMS]
            return subprocess.run(words, capture_output=True, text=True, check=True).stdout
        finally:
            os.sched_setaffinity(0, before)

    everything = os.sched_getaffinity(0)
    assert summed({min(everything)}) == summed(everything)
