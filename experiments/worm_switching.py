"""Is it hard to switch to another rule? Right answers of networks, times of people.

Method. Networks of 96 gated recurrent units are taught by symbols and a curriculum (see
`worm_course`; `paper` asks the networks of its `paper` preset, taught all fourteen identities;
`quick` teaches only what is asked here, for few steps). In task switching (STS)
a mark is named up or down, or left or right, by the last cue. Shown is accuracy by frames since
that cue, of marks for which both rules have the same answer and of others; a reader of marks who
does not know the rule is right in all of the first and half of the second. The plane of activities
and what can be decoded from it are in `worm_clusters`.

People's cost of switching is in time, of which networks have none: medians of updates of the same
or of the other object (Hedge & Leonards, 2013), in sequences that ended right.

Outcome (paper preset, three networks). No cost: at the end, and after a tenth of the steps, every
mark is named without error from the first frame after a cue on, where the rules disagree too. One
bit must be kept, and networks keep it. People need .17 and .16 s more for another object.

Run: `cogmem run worm_switching`.
"""

from __future__ import annotations

from collections.abc import Sequence

from cogmem.lab import working_memory_findings as people
from cogmem.lab.worm_networks import Graduate, Networks, answers
from cogmem.lab.worm_panels import Curves, Panel, by, experiment

FRAMES = slice(1, 8)
"""Since the cue; more are rare."""


def switching(step: int | None, networks: Sequence[Graduate], n_trials: int) -> Curves:
    """By frames since the cue, at the end of learning or at its first milestone."""
    at = None if step is None else list(networks[0].earlier)[step]
    table = answers(networks, {"STS": None}, n_trials, step=at)
    words = {1: "GRU, congruent", 0: "GRU, incongruent"}
    return {
        word: by(table, "STS", {"congruent": k}, since_cue="since_cue").sel(since_cue=FRAMES)
        for k, word in words.items()
    }


def times() -> Curves:
    """Of people, medians."""
    kinds = ["repeat", "switch"]
    return {f"people, {key}": each.sel(kind=kinds) for key, each in people.switching().items()}


def _rule_blind(label: str, frames: object) -> float:
    return 1.0 if label.endswith(" congruent") else 0.5


PANELS = {
    "end": Panel(
        ("STS",),
        lambda networks, n: switching(None, networks, n),
        _rule_blind,
        "Frames since the cue",
        title="Networks, taught",
    ),
    "early": Panel(
        ("STS",),
        lambda networks, n: switching(0, networks, n),
        _rule_blind,
        "Frames since the cue",
        title="After a tenth of the steps",
    ),
    "people": Panel(
        xlabel="Object of an update",
        ylabel="Median time (s)",
        title="People",
        people=times,
        top=1.5,
    ),
}

EXPERIMENT = experiment(
    "worm_switching",
    "Task switching: gated networks, and people's times",
    PANELS,
    Networks(n_steps=400, batch=64),
    people=("hedge_leonards2013",),
    sources=("Hedge & Leonards (2013)",),
    answers=(
        "The cost of switching: times of people who update the same or the other object (Hedge & "
        "Leonards, 2013), beside right answers in task switching of WorM (Sikarwar & Zhang, 2023)."
    ),
    disagrees=(
        "Nothing agrees: networks have no cost. Every mark is named without error from the first "
        "frame after a cue on, where the rules disagree too, and after a tenth of the steps "
        "already. People need .17 and .16 s more for another object; networks have no times that "
        "could be laid beside these."
    ),
)

if __name__ == "__main__":
    from cogmem.cli import script

    script(EXPERIMENT.name)
