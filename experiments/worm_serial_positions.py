"""Serial positions in four tasks of WorM: is there primacy, is there recency, as in people?

Method. Networks of 96 gated recurrent units are taught by symbols and a curriculum (see
`worm_course`; `paper` asks the networks of its `paper` preset, taught all fourteen identities;
`quick` teaches these four tasks alone, for so few steps that most lists are beyond them). Right is,
in serial recall of patterns (VSR), the place of the pattern that is due; in recognition of an item
(VIR, at once after the list) and of one item after the other (VSRec), the side on which it stands;
in free recall of squares (SFR), that a square is among as many likeliest ones as were studied.

People: words written in their places (Grenfell-Essam & Ward, 2012, Experiment 2), eight items said
forward (Madigan, 1971, those who saw them), probes of six-item lists in random order, or in that of
study (Oberauer, 2003), words in any order (Grenfell-Essam & Ward, 2012, Experiment 1). Stimuli,
timing and scores differ: forms can be compared, not levels. The last panel shows free recall of
networks at a tenth and at a third of their learning: recency may only tell what is learnt first.

Outcome (paper preset, three networks; ranges are of networks). Serial recall has primacy, .27 (.21
to .36) in lists of six and .32 in lists of eight, as people (.35, .36), and no recency: -.25 and
-.11, where people who write words in places have .19 and .39, and those who say them forward .03.
Serial recognition has primacy, .18 (.15 to .20; people .10), and no recency (people -.03). Item
recognition is flat, hardly above its base, where people have a little recency. Free recall is flat:
recency .02 in lists of eight and twelve, people .38 and .56. After a tenth of the steps its recency
was .85, and all other positions at their base; after a third it was .09. So recency in free recall
is what is learnt first, as late squares are answered soonest, and no property of the memory that is
learnt.

Run: `cogmem run worm_serial_positions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from cogmem.lab import working_memory_findings as people
from cogmem.lab.worm_networks import Graduate, Networks, answers
from cogmem.lab.worm_panels import Curves, Panel, by, experiment, free_recall

NETWORK = "GRU"
_POSITION = "Serial position"


def asked(
    networks: Sequence[Graduate], n_trials: int, task: str, column: str, lengths: tuple[int, ...]
) -> Curves:
    """Of lists of these lengths, tested at once if that can be chosen."""
    found = {}
    for length in lengths:
        levels = {"list_length": (length,)}
        levels |= {"retention_interval": (0,)} if task == "VIR" else {}
        table = answers(networks, {task: levels}, n_trials)
        found[f"{NETWORK}, {length} items"] = by(table, task, serial_position=column)
    return found


def recalled(networks: Sequence[Graduate], n_trials: int, length: int) -> Curves:
    """Free recall at the end of learning, and at the milestones."""
    found = {f"{NETWORK}, {length} squares": free_recall(networks, None, length, n_trials)}
    for step in networks[0].earlier:
        found[f"after {step} steps"] = free_recall(networks, step, length, n_trials)
    return found


PANELS = {
    "serial_recall_6": Panel(
        ("VSR",),
        partial(asked, task="VSR", column="place", lengths=(6,)),
        lambda label, x: 1 / 6,
        _POSITION,
        title="Serial recall, 6",
        people=lambda: {"people, words in place": people.in_place(6)},
    ),
    "serial_recall_8": Panel(
        ("VSR",),
        partial(asked, task="VSR", column="place", lengths=(8,)),
        lambda label, x: 1 / 8,
        _POSITION,
        title="Serial recall, 8",
        people=lambda: {
            "people, words in place": people.in_place(8),
            "people, said forward": people.positions()["forward"],
        },
    ),
    "item_recognition": Panel(
        ("VIR",),
        partial(asked, task="VIR", column="serial_position", lengths=(6,)),
        lambda label, x: 0.5,
        _POSITION,
        title="Item recognition, 6",
        people=lambda: {"people, words": people.recognition()["item, random"]},
    ),
    "serial_recognition": Panel(
        ("VSRec",),
        partial(asked, task="VSRec", column="place", lengths=(6,)),
        lambda label, x: 0.5,
        _POSITION,
        title="Serial recognition, 6",
        people=lambda: {"people, words": people.recognition()["item, forward"]},
    ),
    "free_recall": Panel(
        ("SFR",),
        partial(recalled, length=8),
        lambda label, x: 8 / 30,  # who knows where the thirty squares were
        _POSITION,
        "Proportion recalled",
        title="Free recall, 8",
        people=lambda: {"people, words": people.any_order(8)},
    ),
    "free_recall_12": Panel(
        ("SFR",),
        partial(recalled, length=12),
        lambda label, x: 12 / 30,
        _POSITION,
        "Proportion recalled",
        title="Free recall, 12",
        people=lambda: {"people, words": people.any_order(12)},
    ),
}


EXPERIMENT = experiment(
    "worm_serial_positions",
    "Serial positions in working-memory tasks: gated networks beside people",
    PANELS,
    Networks(n_steps=400, batch=32),
    people=(
        "grenfell_essam_ward2012",
        "grenfell_essam_ward2012_serial",
        "madigan1971",
        "oberauer2003",
    ),
    sources=("Grenfell-Essam & Ward (2012)", "Madigan (1971)", "Oberauer (2003)"),
    answers=(
        "The claim that networks show primacy and recency (Sikarwar & Zhang, 2023, in words), and "
        "people's serial positions: Grenfell-Essam & Ward (2012), Madigan (1971), Oberauer (2003)."
    ),
    agrees=(
        "Serial recall has primacy, .27 (.21 to .36) in lists of six and .32 in lists of eight, as "
        "people (.35, .36). Serial recognition has primacy, .18 (.15 to .20; people .10), and, as "
        "people (-.03), no recency."
    ),
    disagrees=(
        "No recency in serial recall (-.25, -.11; people who write .19, .39, who speak .03) nor in "
        "free recall (.02; people .38, .56): there it was .85 after a tenth of the steps, so that "
        "it is what is learnt first. Item recognition is flat. Symbols and 96 units, not the "
        "published networks."
    ),
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
