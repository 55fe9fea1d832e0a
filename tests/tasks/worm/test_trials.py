"""Trials of WorM: how many frames, the same for the same seed, and errors that help."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.tasks.worm import N_FRAMES, TASKS, Batch, draw, make_batch, render, symbolic, task_of
from cogmem.tasks.worm.splits import trial_hashes
from cogmem.tasks.worm.task import WormTask

ANY_TASK = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
LARGE = ("SC", "SI", "VIR", "VSR", "VSRec", "STS", "CD_Conj", "CS")

PHASES = {
    "SC": "M{list_length}P",
    "SFR": "M{list_length}P",
    "SI": "M{n_parts}P",
    "SMU": "MU{n_updates}P{set_size}",
    "STS": "C(P+C)*P+",
    "VIR": "M{list_length}R{retention_interval}P",
    "VSR": "M{list_length}P{list_length}",
    "VSRec": "M{list_length}P{list_length}",
    **{name: "MR{retention_interval}P" for name in TASKS if name.startswith("CD")},
    "CS": "MMM{slots}MMM{slots}PP",
}
SLOTS = {0: "RRRRR", 1: "RRDRR", 3: "DRDRD", 5: "DDDDD"}


# ---- frames --------------------------------------------------------------------------------------


@ANY_TASK
@pytest.mark.parametrize("official", [False, True], ids=["ours", "official"])
def test_phases_in_words(task: WormTask, official: bool) -> None:
    """As said of each task by Sikarwar & Zhang (2023); none takes more than 20 frames."""
    trials = draw(task, 120, seed=1, official=official)
    words = trials.asked.time.letters()
    for k, word in enumerate(words):
        level = {name: int(own[k]) for name, own in trials.conditions.items()}
        assert re.fullmatch(expected(task.name, level), word), (word, level)
    np.testing.assert_array_equal([len(word) for word in words], trials.asked.time.length)
    assert max(map(len, words)) <= N_FRAMES


def expected(name: str, level: dict[str, int]) -> str:
    """A pattern of phases; each number in it is how often a letter comes."""
    more: dict[str, object] = {}
    if name == "SMU":
        more["n_updates"] = level["set_size"] * level["updates_per_box"] or 8
    if name == "SI":
        more["n_parts"] = 12 // level["part_size"]
    if name == "CS":
        more["slots"] = SLOTS[level["n_distractors"]]
    numbers = {key: f"{{{n}}}" if key != "slots" else n for key, n in (level | more).items()}
    return PHASES[name].format(**numbers)


@ANY_TASK
def test_lengths_are_those_of_the_official_task(task: WormTask) -> None:
    """The longest trial of each."""
    longest = {"SC": 19, "SFR": 19, "SI": 13, "SMU": 17, "VIR": 17, "VSR": 18, "VSRec": 18}
    longest |= {"STS": 20, "CS": 18}
    found = draw(task, 240, seed=1, official=True).asked.time.length.max()
    assert found == longest.get(task.name, 20)


@ANY_TASK
def test_answers_count_where_something_is_asked(task: WormTask) -> None:
    """And nowhere else: not in idle frames nor at cues, nor in judgements of complex span."""
    batch = make_batch(task.name, 60, seed=2, look="symbolic")
    letters = np.array(list("-MRUDCP"))[batch.phase]
    np.testing.assert_array_equal(batch.scored, letters == "P")
    assert (batch.labels[batch.scored] != -1).all()
    assert (batch.labels[np.arange(N_FRAMES) >= batch.length[:, None]] == -1).all()
    assert batch.labels.max() < task.n_answers + (task.n_answers == 1)


@ANY_TASK
def test_what_comes_after_the_end_is_blank_or_in_official_trials_black(task: WormTask) -> None:
    trials = draw(task, 12, seed=3)
    ended = np.arange(N_FRAMES)[None] >= trials.asked.time.length[:, None]
    ours, official = (render(task, trials, official=which) for which in (False, True))
    np.testing.assert_array_equal(ours[~ended], official[~ended])
    assert (ours[ended] == 214).all()
    assert not official[ended].any()
    assert ended.any() or task.name == "STS"


@ANY_TASK
def test_symbols_of_all_levels_are_as_many(task: WormTask) -> None:
    """So that a network that was trained on some levels can be tested on others."""
    held_out = dict(list(task.held_out.items())[:1])
    usual, other = draw(task, 12, seed=4), draw(task, 12, seed=4, levels=held_out)
    few = draw(task, 2, seed=4, levels={name: own[:1] for name, own in task.levels.items()})
    shapes = {symbolic(task, each).shape[1:] for each in (usual, other, few)}
    assert len(shapes) == 1


@pytest.mark.slow
@ANY_TASK
def test_a_batch_of_pictures_needs_little_memory(task: WormTask) -> None:
    """At most 100 MB for 512 trials of 32 x 32 pixels, of which 31 MB are the pictures."""
    make_batch(task.name, 1, seed=0)  # what is drawn once
    tracemalloc.start()
    make_batch(task.name, 512, seed=0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100e6


# ---- seeds ---------------------------------------------------------------------------------------


def digest(batch: Batch) -> str:
    return hashlib.sha256(batch.frames.tobytes() + batch.labels.tobytes()).hexdigest()


@ANY_TASK
def test_the_same_seed_gives_the_same_frames_and_labels(task: WormTask) -> None:
    """And another seed, block or split others."""
    same = [digest(make_batch(task.name, 8, seed=1)) for _ in range(2)]
    others = [{"seed": 2}, {"seed": 1, "block": 1}]
    others += [{"seed": 1, "split": split} for split in ("validation", "test")]
    found = [digest(make_batch(task.name, 8, **other)) for other in others]
    assert same[0] == same[1]
    assert len({same[0], *found}) == 5


def test_two_samples_are_not_one_of_twice_as_many() -> None:
    """Blocks are what to draw more by; the second is no continuation of the first."""
    both = draw(TASKS["VIR"], 40, seed=1).symbols.side
    blocks = [draw(TASKS["VIR"], 20, seed=1, block=block).symbols.side for block in (0, 1)]
    assert not np.array_equal(both, np.concatenate(blocks))


def test_another_process_draws_the_same() -> None:
    """Also with another order of tasks, and another seed of Python's hashes."""
    program = (
        "import hashlib\n"
        "from cogmem.tasks.worm import TASKS, make_batch\n"
        "for name in list(TASKS)[::-1]:\n"
        "    batch = make_batch(name, 3, seed=1)\n"
        "    both = batch.frames.tobytes() + batch.labels.tobytes()\n"
        "    print(name, hashlib.sha256(both).hexdigest())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    found = dict(line.split() for line in done.stdout.splitlines())
    assert found == {name: digest(make_batch(name, 3, seed=1)) for name in TASKS}, done.stderr


@pytest.mark.parametrize("name", LARGE)
def test_seeds_have_hardly_a_trial_in_common(name: str) -> None:
    """Less than .1 % of 1,000, where there are many trials."""
    task = TASKS[name]
    one, other = (trial_hashes(task, draw(task, 1000, seed=seed)) for seed in (0, 1))
    assert np.isin(one, other).mean() < 1e-3


def test_variants_of_change_detection_have_displays_of_their_own() -> None:
    """Though the seed is the same."""
    starts = [draw(TASKS[name], 4, seed=0).symbols.before.ends for name in ("CD_Gap", "CD_Size")]
    assert not np.array_equal(*starts)


# ---- errors --------------------------------------------------------------------------------------


def test_an_unknown_task_is_named() -> None:
    with pytest.raises(UnknownName, match=r"'CD_Colour'. Did you mean 'CD_Color'"):
        task_of("CD_Colour")
    with pytest.raises(UnknownName, match=r"task of WorM 'None'.*SFR"):
        make_batch(None, 1, seed=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"n_trials": 0}, r"n_trials is 0, expected a whole number of 1 or more"),
        ({"n_trials": 2.5}, r"n_trials is 2.5"),
        ({"seed": -1}, r"seed is -1, expected a whole number of 0 or more"),
        ({"seed": None}, r"seed is None"),
        ({"block": -2}, r"block is -2"),
        ({"split": "dev"}, r"split is 'dev', expected one of train, validation, test"),
    ],
)
def test_numbers_that_cannot_be(how: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        draw(TASKS["VIR"], **{"n_trials": 1, "seed": 0, **how})  # type: ignore[arg-type]


def test_looks_and_sizes_that_cannot_be() -> None:
    with pytest.raises(InvalidValue, match="look is 'rgb64', expected one of rgb32, rgb96"):
        make_batch("VIR", 1, seed=0, look="rgb64")  # type: ignore[arg-type]
    for size in (0, 97, 32.0):
        with pytest.raises(InvalidValue, match=rf"size is {size}, expected 1 to 96 pixels"):
            render(TASKS["STS"], draw(TASKS["STS"], 1, seed=0), size)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "levels", "message"),
    [
        ("SFR", {"list_length": (25,)}, r"list_length are \(25,\); SFR can have 1, 2.* 19: give"),
        ("VSR", {"list_length": (9, 10)}, r"VSR can have 1, 2, 3, 4, 5, 6, 7, 8, 9: give one"),
        ("VSRec", {"difference": (3,)}, r"difference are \(3,\); VSRec can have 2, 4"),
        ("VIR", {"list_length": (0,)}, r"list_length are \(0,\); VIR can have 1"),
        ("SC", {"list_length": (11,)}, r"SC can have 2, 4, 6, 8, 10, 12, 14, 16, 18: give"),
        ("SI", {"part_size": (5,)}, r"SI can have 1, 2, 3, 4, 6, 12: .* levels=\{'part_size'"),
        ("SMU", {"set_size": (9,)}, r"set_size are \(9,\); SMU can have 1, 2"),
        ("STS", {"alternating": (2,)}, r"STS can have 0, 1"),
        ("CD_Gap", {"set_size": (13,)}, r"CD_Gap can have 1"),
        ("CD_Gap", {"retention_interval": (-1,)}, r"retention_interval are \(-1,\)"),
        ("CS", {"n_distractors": (2,)}, r"CS can have 0, 1, 3, 5"),
        ("CS", {"variation": ("visual-visual",)}, r"CS can have 0, 1, 2, 3"),
        ("VIR", {"list_length": ()}, r"list_length are \(\)"),
        ("VIR", {"list_length": 4}, r"list_length are 4; .* give one or more of these, e.g. lev"),
        ("VIR", {"list_length": (4.0,)}, r"list_length are \(4.0,\)"),
    ],
)
def test_levels_that_cannot_be(name: str, levels: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        draw(TASKS[name], 4, seed=0, levels=levels)  # type: ignore[arg-type]


def test_a_condition_of_another_task_is_named() -> None:
    with pytest.raises(UnknownName, match=r"condition of SFR 'set_size'.* Known: list_length"):
        draw(TASKS["SFR"], 4, seed=0, levels={"set_size": (4,)})


def test_levels_that_together_take_too_long() -> None:
    """10 + 9 + 1 frames are 20; of three updates and eight boxes there are 33."""
    levels = {"list_length": (10,), "retention_interval": (9,)}
    assert draw(TASKS["VIR"], 1, seed=0, levels=levels).asked.time.length == [20]
    with pytest.raises(InvalidValue, match=r"retention_interval is 10 take more than 20 frames"):
        draw(TASKS["VIR"], 1, seed=0, levels=levels | {"retention_interval": (9, 10)})
    with pytest.raises(InvalidValue, match=r"SMU whose set_size is 8 take more than 20 frames"):
        draw(TASKS["SMU"], 1, seed=0, levels={"set_size": (8,), "updates_per_box": (3,)})


@ANY_TASK
def test_every_level_that_is_allowed_can_be_drawn(task: WormTask) -> None:
    """Each beside the shortest of the others; bars up to ten, for which there is soon a place."""
    shortest = {name: (min(levels),) for name, levels in task.allowed.items()}
    shortest |= {"n_slots": (5,)} if task.name == "CS" else {}  # distractors need them
    for name, allowed in task.allowed.items():
        for level in allowed:
            if name == "set_size" and level > 10:
                continue
            trials = draw(task, 2, seed=0, levels={**shortest, name: (level,)})
            assert (trials.conditions[name] == level).all()
            assert trials.asked.time.length.max() <= N_FRAMES
            assert symbolic(task, trials).shape[:2] == (2, N_FRAMES)


def test_foils_stand_in_the_array_but_are_not_asked_for() -> None:
    """Lists of one and two with two foils: three and four places taken, one and two questions."""
    levels = {"list_length": (1, 2), "n_foils": (2,)}
    trials = draw(TASKS["VSR"], 40, seed=0, levels=levels)
    frames = symbolic(TASKS["VSR"], trials)
    taken = frames[:, :, 38:47].sum(axis=2).max(axis=1)  # after a flag and 36 cells, and a flag
    length = trials.conditions["list_length"]
    np.testing.assert_array_equal(taken, length + 2)
    np.testing.assert_array_equal(trials.asked.scored.sum(axis=1), length)


def test_options_of_complex_span_are_few_if_asked_for() -> None:
    """Three of eight arrows, the right one among them; one item; no slots: MMMP."""
    levels = {"variation": (0,), "n_distractors": (0,)}
    levels |= {"n_options": (3,), "n_slots": (0,), "n_items": (1,)}
    trials = draw(TASKS["CS"], 50, seed=0, levels=levels)
    assert set(trials.asked.time.letters()) == {"MMMP"}
    shown, places = trials.symbols.shown[:, 0], trials.symbols.places[:, 0]
    assert (shown.sum(axis=1) == 3).all()
    assert shown[np.arange(50), places].all()
    arrows = TASKS["CS"].look(trials.symbols)["arrows"].features.reshape(50, 8, 8)
    np.testing.assert_array_equal(arrows.sum(axis=2), shown)


def test_cells_of_patterns_are_centred_in_symbols() -> None:
    """Half on, half off: .5 and -.5, their sum 0; places that are not taken, and blanks, 0."""
    trials = draw(TASKS["VSR"], 12, seed=0, levels={"list_length": (2,)})
    frames = symbolic(TASKS["VSR"], trials)
    assert set(np.unique(frames[:, :2, 1:37])) == {-0.5, 0.5}
    cells = frames[:, 2:4, 47:].reshape(12, 2, 9, 36)
    np.testing.assert_allclose(cells.sum(axis=3), 0)
    np.testing.assert_array_equal(cells.any(axis=3).sum(axis=2), 2)
    assert not frames[:, 4:].any()
