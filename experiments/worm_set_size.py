"""The more there is to be held, the less of it is known: people, and gated networks on WorM.

Method. Networks of 96 gated recurrent units are taught by symbols and a curriculum (see
`worm_course`; `paper` asks the networks of its `paper` preset, taught all fourteen identities;
`quick` teaches only what is asked here, for few steps). Panels:

A  updating of boxes (SMU) with one, two or three updates of each, by the number of boxes; in the
   published task there are eight in all, so that more boxes have fewer updates each;
B  changes of displays of bars (CD, five kinds together), tested at once;
C  Pashler's K of these, N (H - F) / (1 - F), as the whole display comes again; people's K is
   Cowan's, as one item is probed;
D  squares recalled in any order (SFR), as many as were studied;
E  places of patterns said in order (VSR).

People: digits updated at will or hurried (Oberauer & Kliegl, 2006), colours (Adam et al., 2015;
Gilchrist & Cowan, 2014), words in any order or in place (Grenfell-Essam & Ward, 2012). Bases: of
updating the most frequent cell at each set size; of free recall who knows where the thirty squares
were; of serial recall one place of those taken.

Outcome (paper preset, three networks). Updating falls from 1.00 of three boxes to .54 of eight with
one update each, .90 to .94 of four; people's from .93 of four digits to .74 of six, at will. A
second and third update of a box cost little, so it is the number of boxes that matters. Changes are
seen without error at any set size, K = 12 of 12: there is no limit of capacity where two frames are
all that is compared, and people's 2.6 to 3.3 items have no counterpart. Free recall falls from 1 to
.80 of 18 squares, far slower than people's (.31 of 15 words). Serial recall falls from .98 of two
to .22 of nine patterns, faster than people's words in place (.36 of eight).

Run: `cogmem run worm_set_size`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cogmem.lab import working_memory_findings as people
from cogmem.lab.worm_networks import Graduate, Networks, answers
from cogmem.lab.worm_panels import Curves, Panel, by, experiment
from cogmem.measures.working_memory import change_detection
from cogmem.tasks.worm import TASKS
from cogmem.tasks.worm.bases import base_rate, base_rates_by

CHANGES = tuple(name for name in TASKS if name.startswith("CD_"))
AT_ONCE = {name: {"retention_interval": (0,)} for name in CHANGES}


def updating(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """By the number of boxes, for each number of updates of a box."""
    table = answers(networks, {"SMU": None}, 2 * n_trials)
    return {
        f"GRU, {n} update{'s' * (n > 1)} a box": by(
            table, "SMU", {"updates_per_box": n}, set_size="set_size"
        )
        for n in (1, 2, 3)
    }


def changes(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """Of five kinds together."""
    table = answers(networks, AT_ONCE, n_trials)
    return {"GRU, bars": by(table, "CD_", set_size="set_size")}


def held(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """Pashler's K."""
    table = answers(networks, AT_ONCE, n_trials)
    change = table["answer"].to_numpy() == 1
    said = change == (table["right"].to_numpy() == 1)
    found = change_detection(said, change, table["set_size"], table["subject"], probe="whole")
    return {"GRU, bars": found.assign(possible=xr.ones_like(found["value"]))}


def recalled(task: str, networks: Sequence[Graduate], n_trials: int) -> Curves:
    """Shares of lists."""
    table = answers(networks, {task: None}, n_trials)
    return {"GRU": by(table, task, list_length="list_length")}


def _most_frequent(label: str, sizes: np.ndarray) -> list[float]:
    (n_updates,) = (int(word) for word in label.split() if word.isdigit())
    found = base_rates_by("SMU", "set_size", {"updates_per_box": n_updates})
    return [found[int(n)] for n in sizes]


PANELS = {
    "updating": Panel(
        ("SMU",),
        updating,
        _most_frequent,
        "Boxes or digits",
        title="Updating",
        people=lambda: {
            f"people, {key.split(',')[0]}": each
            for key, each in people.updating().items()
            if key in ("at will, Exp. 2", "up to 0.6 s, Exp. 2")
        },
    ),
    "changes": Panel(
        CHANGES,
        changes,
        lambda label, n: sum(map(base_rate, CHANGES)) / len(CHANGES),
        "Bars or colours",
        title="Changes",
        people=lambda: {
            f"people, {key.split(' (')[0]}": each
            for key, each in people.accuracy_by_set_size().items()
            if not key.endswith("2")
        },
    ),
    "held": Panel(
        CHANGES,
        held,
        xlabel="Bars or colours",
        ylabel="K (items)",
        title="Items held",
        people=lambda: {
            f"people, {key.split(' (')[0]}": each
            for key, each in people.items_held().items()
            if not key.endswith("2")
        },
        top=12.5,
    ),
    "free_recall": Panel(
        ("SFR",),
        lambda networks, n: recalled("SFR", networks, n),
        lambda label, n: n / 30,
        "List length",
        "Proportion recalled",
        title="Free recall",
        people=lambda: {"people, words": people.shares_recalled()},
    ),
    "serial_recall": Panel(
        ("VSR",),
        lambda networks, n: recalled("VSR", networks, n),
        lambda label, n: 1 / n,
        "List length",
        "Proportion in place",
        title="Serial recall",
        people=lambda: {"people, words": people.shares_in_place()},
    ),
}

EXPERIMENT = experiment(
    "worm_set_size",
    "Set size and list length: gated networks beside people",
    PANELS,
    Networks(n_steps=300, batch=32),
    people=(
        "oberauer_kliegl2006",
        "adam2015",
        "gilchrist_cowan2014",
        "grenfell_essam_ward2012",
        "grenfell_essam_ward2012_serial",
    ),
    sources=(
        "Oberauer & Kliegl (2006)",
        "Adam et al. (2015)",
        "Gilchrist & Cowan (2014)",
        "Grenfell-Essam & Ward (2012)",
    ),
    answers=(
        "Set size and list length in people (Oberauer & Kliegl, 2006; Adam et al., 2015; Gilchrist "
        "& Cowan, 2014; Grenfell-Essam & Ward, 2012), beside five measures of WorM's tasks "
        "(Sikarwar & Zhang, 2023)."
    ),
    agrees=(
        "Updating falls from 1.00 of three boxes to .54 of eight (people: .93 of four digits to "
        ".74 of six), free recall from 1 to .80 of 18 squares (people: .31 of 15 words), serial "
        "recall from .98 of two to .22 of nine patterns (people: .36 of eight)."
    ),
    disagrees=(
        "No limit of capacity: changes are seen at any set size, K is 12 of 12, where people hold "
        "2.6 to 3.3. Free recall falls far slower than people's, serial recall faster. Stimuli, "
        "timing and scores differ, so that levels cannot be compared."
    ),
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
