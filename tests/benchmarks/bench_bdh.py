"""BDH on two cores: a training step, a token said, and the memory of a step.

A step is loss, gradients and AdamW without dropout; batches are cut into `parts` rows at a time
that fit into caches, and chunks are as long as the passages. The rows "products alone" say what
share of the rate of this machine's matrix products a step reaches: "other" is how long its
products would take one after another, of the scores those below the diagonal, with gradients
thrice. A token is said from synapses that are there already; its time should not depend on how
many tokens made them.

The other is the official PyTorch code, as first published. If the environment variable COGMEM_BDH
names the folder of a checkout of pathwaycom/bdh, and COGMEM_BDH_PYTHON an interpreter with torch,
it is run in turn with ours, on the same cores, in two threads. Else its column is left empty. It
reads all tokens anew for each that it says, those that follow 9 or 512.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from cogmem.models.bdh import BDH, Weights
from cogmem.models.sequence_learning import Training, learn
from cogmem.models.sequence_model import Passage
from tests.benchmarks.harness import OfficialCode, Row, apart, bind, side_by_side

SCRIPT = Path(__file__).with_name("bdh_script.py")
N_SAID = 20
SHORT, LONG = 16, 1024  # contexts whose times per token are compared
LARGEST_GB = 8.0


@dataclass(frozen=True)
class Sizes:
    """Of a model, as both know them."""

    n_layers: int
    width: int
    n_heads: int
    n_neurons: int
    n_tokens: int = 256

    def model(self) -> BDH:
        return BDH(**asdict(self), dropout=0.0, chunk=None)


@dataclass(frozen=True)
class Step:
    """A training step: of which model, on what, how many rows at a time, targets."""

    sizes: Sizes
    batch: int
    time: int
    parts: int
    ratio: float | None = None
    share: float | None = None


S, M = Sizes(4, 64, 4, 1024), Sizes(6, 128, 4, 4096)
DEFAULT = Sizes(6, 256, 4, 32768)
STEPS = {
    "XS": Step(Sizes(2, 32, 4, 256), 4, 24, 1),
    "S": Step(S, 16, 128, 4, ratio=1 / 0.6),
    "M": Step(M, 8, 256, 8, ratio=2.0, share=0.5),
}
SPEECH = [
    # model, context, how often the official code is timed, target
    ("S", S, 9, 5, None),
    ("S", S, 512, 3, None),
    ("M", M, 9, 3, None),
    ("M", M, 512, 2, None),
    ("default", DEFAULT, 9, 2, 5.0),
    ("default", DEFAULT, 512, 1, 100.0),
]


def rows() -> Iterator[Row]:
    """Steps, tokens, memory."""
    measured = apart(__name__)
    other = f"official code run in turn, torch {measured['torch']}" if measured["torch"] else "none"
    for name, step in STEPS.items():
        ours, theirs, alone = measured["steps"][name]
        what = f"step {name}, {step.batch} x {step.time} tokens, two cores"
        yield Row(f"{what}; other: {other}", 0, ours, theirs, ratio_target=step.ratio)
        yield Row(f"{what}; other: products alone", 0, ours, alone, ratio_target=step.share)
    for (name, _, context, _, target), (ours, theirs) in zip(SPEECH, measured["said"], strict=True):
        what = f"a token after {context}, {name}, two cores; other: {other}"
        yield Row(what, 0, ours, theirs, ratio_target=target)
    for name, (short, long) in measured["flat"].items():
        what = f"a token after {LONG}, {name}; other: after {SHORT}"
        yield Row(what, 0, long, short, ratio_target=1 / 1.5)
    peak = apart(__name__, "memory")
    what = f"peak memory of a step, default, 1 x 512: {peak:.1f} GB, target < {LARGEST_GB:g} GB"
    yield Row(what, 0)


# ---- what is timed -------------------------------------------------------------------------------


def learner(step: Step) -> Callable[[], Any]:
    """Takes one step at each call."""
    model, training = step.sizes.model(), Training(parts=step.parts)
    now = [training.begin(model.begin(key=jax.random.key(0)))]
    shape = (1, step.batch, step.time + 1)
    passages = Passage.of(jax.random.randint(jax.random.key(1), shape, 0, model.n_tokens))

    def call() -> Any:
        taught = learn(model, training, now[0], passages)
        now[0] = taught.learning
        return taught.losses

    return call


def speaker(sizes: Sizes, context: int) -> Callable[[], Any]:
    """Says so many tokens at each call, from synapses that this many left."""
    model = sizes.model()
    weights = model.begin(key=jax.random.key(0))
    tokens = jax.random.randint(jax.random.key(1), (context,), 0, model.n_tokens)
    logits, state = jax.jit(model.read)(weights, tokens)

    @jax.jit
    def say(weights: Weights, logits: jax.Array, state: jax.Array) -> Any:
        def token(now: Any, _: None) -> Any:
            said = jnp.argmax(now[0])
            return model.step(weights, said, now[1]), said

        return jax.lax.scan(token, (logits, model.carried(state)), length=N_SAID)[1]

    return lambda: say(weights, logits[-1], state)


def alone(step: Step) -> float:
    """Seconds that the matrix products of a step take, each by itself, its gradient as two more."""
    d, n = step.sizes.width, step.sizes.n_neurons // step.sizes.n_heads
    each = step.batch // step.parts
    v, x, s = jnp.ones((each, step.time, d)), jnp.ones((each, step.time, n)), jnp.ones((each,))
    scores = s[:, None, None] * jnp.ones((step.time, step.time))
    maps = 2 * seconds(v, jnp.ones((d, n))) + seconds(x, jnp.ones((n, d)))
    below = 0.5 * (seconds(x, x.swapaxes(1, 2)) + seconds(scores, v))
    return 3 * step.sizes.n_layers * step.sizes.n_heads * step.parts * (maps + below)


def seconds(a: jax.Array, b: jax.Array, n: int = 20) -> float:
    """Shortest time of a product, of several rounds of n in one program."""

    def product(_: int, a: jax.Array) -> jax.Array:
        made = jax.lax.optimization_barrier(jnp.matmul(*jax.lax.optimization_barrier((a, b))))
        return a.at[0, 0, 0].set(made[0, 0, 0])

    many = jax.jit(lambda a: jax.lax.fori_loop(0, n, product, a))
    jax.block_until_ready(many(a))
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        jax.block_until_ready(many(a))
        taken.append(time.perf_counter() - start)
    return min(taken) / n


def peak() -> float:
    """GB of memory that this process has needed at most, after two steps of the default model."""
    call = learner(Step(DEFAULT, 1, 512, 1))
    jax.block_until_ready((call(), call()))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


# ---- the official code ---------------------------------------------------------------------------


class Official(OfficialCode):
    """That of BDH."""

    def prepared(self, sizes: Sizes, **case: int) -> Callable[[], None]:
        """A training step or speech, as a function."""
        self.tell(json.dumps({**asdict(sizes), **case}))
        return lambda: self.tell("run")


def official() -> Official | None:
    """The official code, if the environment says where it is."""
    folder = os.environ.get("COGMEM_BDH")
    python = os.environ.get("COGMEM_BDH_PYTHON", sys.executable)
    return Official("BDH", SCRIPT, python, folder) if folder else None


def step_seconds(peer: Official | None, step: Step) -> tuple[float, float | None, float]:
    """Ours, theirs, and the products of ours alone."""
    theirs = peer.prepared(step.sizes, batch=step.batch, time=step.time) if peer else None
    found = side_by_side(learner(step), theirs)
    return found["ours"], found.get("theirs"), alone(step)


def token_seconds(
    peer: Official | None, sizes: Sizes, context: int, repeats: int
) -> tuple[float, float | None]:
    """Ours and theirs; of many tokens if there are few before."""
    n_new = N_SAID if context < N_SAID else 1
    theirs = peer.prepared(sizes, context=context, n_new=n_new) if peer else None
    found = side_by_side(speaker(sizes, context), theirs, repeats)
    return found["ours"] / N_SAID, found["theirs"] / n_new if peer else None


def flat(sizes: Sizes) -> tuple[float, float]:
    """Seconds of a token after few and after many, in turn."""
    found = side_by_side(speaker(sizes, SHORT), speaker(sizes, LONG))
    return found["ours"] / N_SAID, found["theirs"] / N_SAID


def measured() -> dict[str, Any]:
    peer = official()
    return {
        "torch": peer and peer.torch,
        "steps": {name: step_seconds(peer, step) for name, step in STEPS.items()},
        "said": [token_seconds(peer, *case[1:4]) for case in SPEECH],
        "flat": {name: flat(sizes) for name, sizes in (("S", S), ("M", M), ("default", DEFAULT))},
    }


if __name__ == "__main__":
    bind(2)
    print(json.dumps(peak() if sys.argv[1:] == ["memory"] else measured()))
