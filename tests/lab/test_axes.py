"""Axes of a sweep: the values asked for, in every form, and samples that stay where they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.axes import Axes, Axis, SweepFile, dims, parse_over, points
from cogmem.lab.settings import setting


@dataclass(frozen=True)
class Model:
    drift: float = setting(0.5, (0, 1), meaning="drift rate")
    rate: float = setting(1.0, (0, 100), meaning="rate", unit="1/s")
    decay: float = 1.0


@dataclass(frozen=True)
class Config:
    model: Model = field(default_factory=Model)
    tau: float = 0.5
    gain: float = 1.0
    size: int = setting(16, (1, 4096), meaning="units")
    data: str = "peers"
    shared: bool = False
    sample: float = 1.0
    seed: int = 0


CONFIG = Config()


def grid(text: str) -> Axis:
    (axis,) = parse_over([text], CONFIG).grid
    return axis


@pytest.mark.parametrize(
    ("text", "values", "scale"),
    [
        ("size=64,128", (64, 128), "list"),
        ("tau=0.3, 1,-2e-1", (0.3, 1.0, -0.2), "list"),
        ("tau=0.3", (0.3,), "list"),
        ("data=peers,a:b", ("peers", "a:b"), "list"),
        ("shared=true,false", (True, False), "list"),
        ("tau=0:1:5", (0.0, 0.25, 0.5, 0.75, 1.0), "linear"),
        ("tau=-1:1:3:linear", (-1.0, 0.0, 1.0), "linear"),
        ("size=64:256:4", (64, 128, 192, 256), "linear"),
        ("size=1:1000:4:log", (1, 10, 100, 1000), "log"),
    ],
)
def test_grid_axes(text, values, scale):
    axis = grid(text)
    assert axis == Axis(text.split("=")[0], values, scale)
    assert [type(value) for value in axis.values] == [type(value) for value in values]


def test_ranges_are_numpys_and_include_both_ends():
    assert grid("tau=0.1:0.9:9").values == tuple(float(v) for v in np.linspace(0.1, 0.9, 9))
    rates = grid("model.rate=0.01:10:4:log").values
    assert rates == pytest.approx((0.01, 0.1, 1.0, 10.0), rel=1e-14)
    assert (rates[0], rates[-1]) == (0.01, 10.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tau", "'tau' is not an assignment"),
        ("tau=", "tau= has an empty place"),
        ("size=", "size= has an empty place"),
        ("data=", "data= has an empty place"),
        ("tau=1,,2", "tau=1,,2 has an empty place"),
        ("tau=1,2,", "has an empty place"),
        ("tau=0.1,0.10", r"tau has the value 0\.1 twice"),
        ("tau=0,-0.0", r"tau has the value 0\.0 twice"),
        ("data=a, a", "data has the value a twice"),
        ("size=4:5:3", r"size would be 4\.5, expected whole numbers only"),
        ("size=1:10:3:log", r"size would be 3\.16228, expected whole numbers"),
        ("size=1.5:10:3", r"size is '1\.5', expected a whole number \(int\)"),
        ("size=1.5,3", r"size is '1\.5', expected a whole number"),
        ("size=0,3", r"size is 0, expected 1 to 4096 \(unit 1: units\)"),
        ("size=4:64:sobol", "size is a whole number, which cannot be sampled"),
        ("size=4:64:random", "size is a whole number, which cannot be sampled"),
        ("model.drift=0.5:1.5:3", r"model\.drift is 1\.5, expected 0 to 1 \(unit 1: drift rate\)"),
        ("model.rate=-1:1:sobol", r"model\.rate is -1\.0, expected 0 to 100 \(unit 1/s: rate\)"),
        ("model.drift=0.5,2", r"model\.drift is 2\.0, expected 0 to 1"),
        ("tau=a:b:sobol", "there are 2 problems"),
        ("tau=nan,1", "tau is 'nan', expected a finite number"),
        ("tau=0:inf:3", "tau is 'inf', expected a finite number"),
        ("tau=0.9:0.1:9", r"tau runs from 0\.9 to 0\.1, expected the lower end first"),
        ("tau=0.9:0.1:sobol", "expected the lower end first"),
        ("tau=1:1:3", "tau runs from 1 to 1"),
        ("tau=0:1:3:log", "tau runs from 0 on a log scale, expected more than 0"),
        ("tau=-1:1:random:log", "tau runs from -1 on a log scale"),
        ("tau=0:1:3:lag", "tau has scale 'lag', expected linear or log"),
        ("tau=0:1:1", "tau has '1' values, expected a whole number of values from 2 up"),
        ("tau=0:1:-3", "tau has '-3' values"),
        ("tau=0:1:2.5", r"tau has '2\.5' values"),
        ("tau=0:1:halton", "tau has 'halton' values, .* or random or sobol"),
        ("tau=0:1", "tau=0:1 is not an axis, expected tau=V1,V2"),
        ("tau=0:1:2:log:3", "is not an axis"),
        ("tau=0::3", "is not an axis"),
        ("tau=0:1:3,4", "is not an axis"),
        ("shared=yes", "shared is 'yes', expected true or false"),
    ],
)
def test_what_cannot_be_an_axis_is_refused(text, said):
    with pytest.raises(InvalidValue, match=said):
        parse_over([text], CONFIG)


@pytest.mark.parametrize("form", ["1,2", "1:2:3", "1:2:sobol"])
def test_an_unknown_setting_is_met_with_the_nearest(form):
    with pytest.raises(UnknownName, match=r"unknown setting 'drift'.*'model\.drift'"):
        parse_over([f"drift={form}"], CONFIG)


@pytest.mark.parametrize("second", ["tau=3,4", "tau=0:1:sobol", "tau=0.1,0.2"])
def test_an_axis_given_twice_is_refused(second):
    with pytest.raises(InvalidValue, match="tau is given twice"):
        parse_over(["tau=0.1,0.2", second], CONFIG)


def test_all_problems_are_told_at_once():
    with pytest.raises(InvalidValue, match="there are 2 problems") as caught:
        parse_over(["size=0", "tau=1", "model.drift=3:4:sobol"], CONFIG)
    assert "size is 0" in str(caught.value)
    assert "model.drift is 3.0" in str(caught.value)


def test_an_axis_may_be_called_sample_only_if_nothing_is_sampled():
    assert dims(parse_over(["sample=1,2", "tau=1,2"], CONFIG)) == {"sample": 2, "tau": 2}
    with pytest.raises(InvalidValue, match="sample names two dimensions"):
        parse_over(["sample=1,2", "tau=1:2:sobol"], CONFIG)


@pytest.mark.parametrize("wrong", [{"n_samples": 0}, {"seed": -1}])
def test_samples_need_a_number_and_a_seed(wrong):
    with pytest.raises(InvalidValue, match="expected at least 1 sample and a seed of 0 or more"):
        parse_over(["tau=0:1:random"], CONFIG, **wrong)


def test_points_are_in_the_order_of_dims_with_the_sample_last():
    axes = Axes((Axis("size", (8, 16)), Axis("tau", (0.1, 0.2))), {"gain": (5.0, 6.0, 7.0)})
    assert dims(axes) == {"size": 2, "tau": 2, "sample": 3}
    cells = points(axes)
    assert len(cells) == 12
    assert cells[:4] == [
        {"size": 8, "tau": 0.1, "gain": 5.0},
        {"size": 8, "tau": 0.1, "gain": 6.0},
        {"size": 8, "tau": 0.1, "gain": 7.0},
        {"size": 8, "tau": 0.2, "gain": 5.0},
    ]
    assert cells[6] == {"size": 16, "tau": 0.1, "gain": 5.0}


def test_sampled_axes_go_together():
    axes = Axes((), {"gain": (5.0, 6.0), "tau": (0.1, 0.2)})
    assert points(axes) == [{"gain": 5.0, "tau": 0.1}, {"gain": 6.0, "tau": 0.2}]
    assert dims(axes) == {"sample": 2}


def test_no_axes_are_one_cell():
    axes = parse_over([], CONFIG)
    assert (points(axes), dims(axes)) == ([{}], {})


def test_all_kinds_of_axes_at_once():
    texts = ["tau=0:1:random", "size=4,8", "gain=1:10:sobol:log", "model.drift=0:1:3"]
    axes = parse_over(texts, CONFIG, n_samples=5)
    assert [axis.name for axis in axes.grid] == ["size", "model.drift"]
    assert set(axes.sampled) == {"tau", "gain"}
    assert dims(axes) == {"size": 2, "model.drift": 3, "sample": 5}
    assert len(points(axes)) == 30


def test_sobol_points_fill_every_cell_of_the_square_once():
    """16 points in base 2: one in each cell of a 4 x 4 grid, and of 16 rows; chance would not."""
    sampled = parse_over(["tau=0:4:sobol", "gain=0:4:sobol"], CONFIG, n_samples=16).sampled
    cells = {
        (math.floor(tau), math.floor(gain)) for tau, gain in zip(*sampled.values(), strict=True)
    }
    assert len(cells) == 16
    assert sorted(math.floor(4 * tau) for tau in sampled["tau"]) == list(range(16))


def test_random_points_spread_evenly_on_their_scale():
    """4000 uniform draws: half of them lie below the middle, give or take 4 standard errors."""
    sampled = parse_over(
        ["tau=2:4:random", "gain=0.01:100:random:log"], CONFIG, n_samples=4000
    ).sampled
    error = 4 * 0.5 / math.sqrt(4000)
    assert np.mean(np.array(sampled["tau"]) < 3) == pytest.approx(0.5, abs=error)
    assert np.mean(np.array(sampled["gain"]) < 1) == pytest.approx(0.5, abs=error)
    below = np.corrcoef(sampled["tau"], np.log(sampled["gain"]))[0, 1]
    assert abs(below) < 4 / math.sqrt(4000), "each axis has a stream of its own"


@pytest.mark.parametrize("method", ["random", "sobol"])
def test_another_seed_gives_other_points_and_the_same_seed_the_same(method):
    def draw(seed):
        return parse_over([f"tau=0:1:{method}"], CONFIG, n_samples=8, seed=seed).sampled["tau"]

    assert draw(3) == draw(3)
    assert not set(draw(3)) & set(draw(4))
    assert len(set(draw(3))) == 8


def test_a_random_axis_does_not_depend_on_the_others():
    alone = parse_over(["tau=0:1:random"], CONFIG, n_samples=4)
    beside = parse_over(["gain=0:1:random", "tau=0:1:random"], CONFIG, n_samples=4)
    assert beside.sampled["tau"] == alone.sampled["tau"]
    assert beside.sampled["gain"] != alone.sampled["tau"]


TEXTS = [
    "size=64,128",
    "tau=0.1:0.9:3",
    "gain=0.1:10:sobol:log",
    "model.drift=0.2:0.9:sobol",
    "model.rate=0.01:100:random:log",
]
SAMPLED = TEXTS[2:]


@given(st.permutations(TEXTS), st.integers(1, 9), st.integers(0, 2**32))
def test_the_order_of_the_axes_leaves_the_set_of_points_unchanged(texts, n, seed):
    def cells(given):
        found = points(parse_over(given, CONFIG, n_samples=n, seed=seed))
        return {tuple(sorted(cell.items())) for cell in found}

    assert cells(texts) == cells(TEXTS)
    assert len(cells(texts)) == 2 * 3 * n


@given(st.integers(1, 300), st.integers(0, 300), st.integers(0, 2**63))
def test_more_samples_keep_the_first_ones(n, more, seed):
    few = points(parse_over(SAMPLED, CONFIG, n_samples=n, seed=seed))
    many = points(parse_over(SAMPLED, CONFIG, n_samples=n + more, seed=seed))
    assert len(many) == n + more
    assert many[:n] == few


@effort(max_examples=50)
@given(
    st.floats(1e-3, 50),
    st.floats(1e-6, 50),
    st.sampled_from(["random", "sobol"]),
    st.sampled_from(["", ":log"]),
)
def test_samples_stay_between_the_ends(low, width, method, scale):
    text = f"model.rate={low}:{low + width}:{method}{scale}"
    values = parse_over([text], CONFIG, n_samples=33).sampled["model.rate"]
    assert all(low <= value <= low + width for value in values)
    assert all(type(value) is float for value in values)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5, unique=True))
def test_listed_values_come_back_as_given(values):
    assert grid("tau=" + ",".join(map(repr, values))).values == tuple(values)


FILE = """
repeats = 20

[set]
data = "murdock"
shared = true
model.rate = 3

[over]
tau = {from = 0.1, to = 0.9, n = 9, scale = "linear"}
size = [64, 128]
model.drift = {from = 0.01, to = 1, n = 3, scale = "log"}

[sample]
n = 6
seed = 5
method = "random"
gain = [0.2, 0.9]
model.decay = {from = 0.1, to = 10, scale = "log"}
"""


def read(tmp_path, text: str) -> SweepFile:
    path = tmp_path / "sweep.toml"
    path.write_text(text)
    return Axes.from_toml(path, CONFIG)


def test_a_file_says_the_same_as_the_command(tmp_path):
    found = read(tmp_path, FILE)
    grid = ["tau=0.1:0.9:9", "size=64,128", "model.drift=0.01:1:3:log"]
    sampled = ["gain=0.2:0.9:random", "model.decay=0.1:10:random:log"]
    assert found.axes == parse_over(grid + sampled, CONFIG, n_samples=6, seed=5)
    assert found.overrides == {"data": "murdock", "shared": "true", "model.rate": "3"}
    assert found.repeats == 20


def test_what_a_file_leaves_out(tmp_path):
    assert read(tmp_path, "") == SweepFile(Axes(), {}, None)
    found = read(tmp_path, "[sample]\ntau = [0, 1]")
    assert found.axes == parse_over(["tau=0:1:sobol"], CONFIG)
    assert dims(found.axes) == {"sample": 64}
    lone = read(tmp_path, '[over]\n"model.drift" = {from = 0, to = 1, n = 2}\nsize = 8')
    assert lone.axes.grid == (Axis("model.drift", (0.0, 1.0), "linear"), Axis("size", (8,)))


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("[ovr]", UnknownName, "unknown key 'ovr'. Did you mean 'over'"),
        ("over = 3", InvalidValue, r"over is 3, expected a table: \[over\]"),
        ("repeats = 0", InvalidValue, "repeats is 0, expected a whole number from 1 up"),
        ("repeats = true", InvalidValue, "repeats is True"),
        ("repeats = 2.0", InvalidValue, r"repeats is 2\.0"),
        ("over.tau = []", InvalidValue, "tau= has an empty place"),
        ("over.tau = [1, [2]]", InvalidValue, r"over\.tau is \[2\], expected a number"),
        ("over.tau = [1, 1.0]", InvalidValue, r"tau has the value 1\.0 twice"),
        ("over.size = [8, 8.5]", InvalidValue, r"size is '8\.5', expected a whole number"),
        ("over.size = [0]", InvalidValue, "size is 0, expected 1 to 4096"),
        ("over.taus = [1, 2]", UnknownName, "unknown setting 'taus'"),
        ("over.model.drfit = [1]", UnknownName, r"Did you mean 'model\.drift'"),
        ("over.tau = {}", InvalidValue, r"over\.tau has no 'from', expected from, n, to"),
        ("over.tau = {from = 1, n = 2}", InvalidValue, "over.tau has no 'to'"),
        ("over.tau = {form = 1}", UnknownName, r"'over\.tau\.form'.*'over\.tau\.from'"),
        ("over.tau = {from = 1, to = 2, n = 2, step = 1}", UnknownName, r"'over\.tau\.step'"),
        ("over.tau = {from = 1, to = 2, n = 1}", InvalidValue, r"over\.tau\.n is 1, .* from 2"),
        ("over.tau = {from = 1, to = 2, n = 9.0}", InvalidValue, r"over\.tau\.n is 9\.0"),
        ("over.tau = {from = 2, to = 1, n = 2}", InvalidValue, "tau runs from 2 to 1"),
        ("over.tau = {from = 1, to = 2, n = 2, scale = 'x'}", InvalidValue, "scale 'x'"),
        ("over.tau = {from = 1, to = 2, n = 'sobol'}", InvalidValue, r"over\.tau\.n is 'sobol'"),
        ("over.shared = {from = 1, to = 2, n = 2}", InvalidValue, "shared is no number"),
        ("[sample]\nn = 4", InvalidValue, "sample names no axis"),
        ("[sample]\ntau = 3", InvalidValue, r"sample\.tau is 3, expected two numbers"),
        ("[sample]\ntau = [1, 2, 3]", InvalidValue, r"expected two numbers: \[low, high\]"),
        ("[sample]\ntau = [2, 1]", InvalidValue, "tau runs from 2 to 1"),
        ("[sample]\ntau = {from = 1}", InvalidValue, r"sample\.tau has no 'to'"),
        ("[sample]\ntau = {from = 1, to = 2, n = 3}", UnknownName, r"'sample\.tau\.n'"),
        ("[sample]\nmethod = 'halton'\ntau = [0, 1]", InvalidValue, r"sample\.method is 'halton'"),
        ("[sample]\nn = 0\ntau = [0, 1]", InvalidValue, r"sample\.n is 0, .* from 1 up"),
        ("[sample]\nseed = -1\ntau = [0, 1]", InvalidValue, r"sample\.seed is -1, .* from 0 up"),
        ("[sample]\nsize = [8, 16]", InvalidValue, "size is a whole number, which cannot be"),
        ("set.gian = 3", UnknownName, "Did you mean 'gain'"),
        ("set.size = 0", InvalidValue, "size is 0, expected 1 to 4096"),
        ("set.size = [1]", InvalidValue, r"set\.size is \[1\], expected a number"),
        ("set.tau = 1\nover.tau = [2]", InvalidValue, r"tau is both in \[set\] and an axis"),
        ("over.tau = [2]\nsample.tau = [0, 1]", InvalidValue, "tau names two dimensions"),
        ("over.sample = [2]\nsample.tau = [0, 1]", InvalidValue, "sample names two dimensions"),
        ("over = [", InvalidValue, r"sweep\.toml cannot be read as a TOML file"),
    ],
)
def test_what_a_file_cannot_ask_for_is_refused(tmp_path, text, kind, said):
    with pytest.raises(kind, match=said):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidValue, match=r"absent\.toml cannot be read"):
        Axes.from_toml(tmp_path / "absent.toml", CONFIG)
