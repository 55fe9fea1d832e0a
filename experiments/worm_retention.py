"""Does what is held fade while nothing happens? Blank frames of networks, seconds of people.

Method. Networks of 96 gated recurrent units are taught by symbols and a curriculum (see
`worm_course`; `paper` asks the networks of its `paper` preset, taught all fourteen identities;
`quick` teaches only what is asked here, for few steps). Between study and test
come blank frames: up to six in recognition of patterns (VIR), up to eighteen in detection of
changes (CD, five kinds together). A frame is no second, so people have a panel of their own:
characters that nobody can name, one of three probed (Ricker et al., 2014).

Outcome (paper preset, three networks). No effect: changes of two, six and twelve bars are seen
without error after 0 to 18 blank frames, and recognition of one of four patterns is .64 to .71
after 0 to 6 frames in no order; of ten patterns it is nowhere clearly above its base. Networks that
were taught delays do not lose anything in them. People's recognition falls from .81 after 1 s to
.71 after 12 s.

Run: `cogmem run worm_retention`.
"""

from __future__ import annotations

from collections.abc import Sequence

from cogmem.lab import working_memory_findings as people
from cogmem.lab.worm_networks import Graduate, Networks, answers
from cogmem.lab.worm_panels import Curves, Panel, by, experiment
from cogmem.tasks.worm import TASKS
from cogmem.tasks.worm.bases import base_rate

CHANGES = tuple(name for name in TASKS if name.startswith("CD_"))


def recognition(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """By list length."""
    table = answers(networks, {"VIR": None}, 2 * n_trials)
    return {
        f"GRU, {n} patterns": by(table, "VIR", {"list_length": n}, interval="retention_interval")
        for n in (4, 10)
    }


def changes(networks: Sequence[Graduate], n_trials: int) -> Curves:
    """By set size."""
    table = answers(networks, dict.fromkeys(CHANGES), n_trials)
    return {
        f"GRU, {n} bars": by(table, "CD_", {"set_size": n}, interval="retention_interval")
        for n in (2, 6, 12)
    }


def _of_changes(label: str, intervals: object) -> float:
    return sum(map(base_rate, CHANGES)) / len(CHANGES)


def characters() -> Curves:
    """Of people."""
    found = people.retention()["3 characters"]
    return {"people, 3 characters": found.rename(retention_interval="interval")}


PANELS = {
    "recognition": Panel(
        ("VIR",), recognition, lambda label, n: 0.5, "Blank frames", title="Item recognition"
    ),
    "changes": Panel(CHANGES, changes, _of_changes, "Blank frames", title="Changes"),
    "people": Panel(
        xlabel="Retention interval (s)",
        title="People, recognition",
        people=characters,
    ),
}

EXPERIMENT = experiment(
    "worm_retention",
    "Retention intervals: gated networks, and people",
    PANELS,
    Networks(n_steps=300, batch=32),
    people=("ricker2014",),
    sources=("Ricker et al. (2014)",),
    answers=(
        "Forgetting over an empty interval: people's recognition of characters that nobody can "
        "name, after 1 to 12 s (Ricker et al., 2014), beside blank frames in two tasks of WorM "
        "(Sikarwar & Zhang, 2023)."
    ),
    disagrees=(
        "Nothing agrees. People fall from .81 after 1 s to .71 after 12 s; networks see changes "
        "without error after 0 to 18 blank frames, and recognise one of four patterns at .64 to "
        ".71 in no order after 0 to 6. Networks that were taught delays lose nothing in them. A "
        "frame is no second."
    ),
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
