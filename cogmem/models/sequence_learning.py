"""How any model that predicts the next token is trained: AdamW, in one compiled scan over batches.

AdamW is that of Loshchilov & Hutter (2019, ICLR), with the decay of weights apart from the moments
and multiplied by the learning rate: w <- w (1 - rate decay) - rate m / (sqrt(v) + eps). All weights
decay, the embedding and the readout with them. The defaults are those of the training script of BDH
(Kosowski et al., 2025), which warms nothing up, clips nothing and keeps its rate.

A long text can be read in windows drawn at random, each from an empty state, or as streams: a batch
row reads on where it stopped, from the state it was left in, which no gradient crosses (truncated
backpropagation through time).

By their usual names: the mask of the loss is `Passage.counted`; gradient accumulation over
micro-batches is `Training.parts`; learning-rate schedule and warm-up, gradient clipping and frozen
layers are fields of `Training` too; evaluation is `loss` (its exponential is the perplexity).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.parameters import check_sizes, check_values, parameter
from cogmem.models.sequence_model import Passage, SequenceModel, check_passages

__all__ = [
    "Learning",
    "Taught",
    "Training",
    "learn",
    "log_probabilities",
    "loss",
    "streams",
    "windows",
]

_ADAM = "Kingma & Ba (2015), ICLR"
_BDH = "Kosowski et al. (2025), training script"


class Learning(NamedTuple):
    """How far learning has come.

    Attributes:
        weights: of the model.
        moments: of the gradients, as optax keeps them.
        n_steps: done.
    """

    weights: Any
    moments: optax.OptState
    n_steps: Int[Array, ""]


class Taught(NamedTuple):
    """What some steps of learning leave.

    Attributes:
        learning: to go on from.
        losses: [step] mean over counted tokens, each before its update, nats.
        states: of each row of the batch, to read on from; None if none were given.
    """

    learning: Learning
    losses: Float[Array, " step"]
    states: Any


class Training(eqx.Module):
    """How fast, and what is changed.

    The rate of step t (from 0) is `learning_rate` x min(1, (t + 1) / `warm_up`); from step
    `warm_up` on it falls in a straight line, and is `final` x `learning_rate` at step `n_steps`
    and after it. By default it stays.

    Attributes:
        learning_rate: of AdamW.
        weight_decay: share of a weight lost in a step, over the learning rate.
        beta1, beta2: what the means of gradients and of their squares keep from step to step.
        eps: added to the root of the mean square.
        warm_up: steps in which the rate rises from 0.
        n_steps: at which the rate has fallen; infinite to keep it.
        final: share of the learning rate left then.
        clip: largest length of the gradient of all weights together; longer ones are shortened.
        frozen: fields of the weights (`weights.embedding`: "embedding") that nothing changes.
        parts: into which a batch is cut to be read one after the other, to need less memory: their
            gradients are added up (gradient accumulation).
    """

    learning_rate: float | Float[Array, ""] = parameter(
        1e-3, (0, 10), start=(1e-4, 1e-1), meaning="learning rate of AdamW", source=_BDH
    )
    weight_decay: float | Float[Array, ""] = parameter(
        0.1, (0, math.inf), start=(0, 1), meaning="decay of weights over the rate", source=_BDH
    )
    beta1: float | Float[Array, ""] = parameter(
        0.9, (0, 1), meaning="what the mean of gradients keeps", source=_ADAM
    )
    beta2: float | Float[Array, ""] = parameter(
        0.999, (0, 1), meaning="what the mean of their squares keeps", source=_ADAM
    )
    eps: float | Float[Array, ""] = parameter(
        1e-8, (0, math.inf), start=(1e-10, 1e-4), meaning="added to the root", source=_ADAM
    )
    warm_up: float | Float[Array, ""] = parameter(
        0.0, (0, math.inf), start=(0, 1000), unit="step", meaning="rise of the rate", source=_BDH
    )
    n_steps: float | Float[Array, ""] = parameter(
        math.inf,
        (0, math.inf),
        start=(1, 1e5),
        unit="step",
        meaning="at which the rate has fallen",
        source="cogmem",
    )
    final: float | Float[Array, ""] = parameter(
        0.1, (0, 1), meaning="share of the rate left at the end", source="Kosowski et al. (2025)"
    )
    clip: float | Float[Array, ""] = parameter(
        math.inf, (0, math.inf), start=(0.1, 10), meaning="largest gradient", source=_BDH
    )
    frozen: tuple[str, ...] = eqx.field(static=True, default=())
    parts: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        check_values(self)
        check_sizes(self, "parts")
        if isinstance(self.frozen, str):
            raise InvalidValue(f"frozen is {self.frozen!r}, expected a tuple of names.")
        for name in ("beta1", "beta2"):
            if not _traced(getattr(self, name)) and not getattr(self, name) < 1:
                raise InvalidValue(f"{name} is {getattr(self, name)}, expected below 1.")
        if not _traced(self.eps) and not self.eps > 0:
            raise InvalidValue(f"eps is {self.eps}, expected above 0: some gradients are 0.")
        known = all(jnp.ndim(v) == 0 and not _traced(v) for v in (self.warm_up, self.n_steps))
        if known and not self.warm_up < self.n_steps:
            raise InvalidValue(
                f"warm_up is {self.warm_up} steps and n_steps {self.n_steps}, expected fewer to "
                "warm up than until the rate has fallen."
            )

    def rate(self, step: Int[Any, ""]) -> Float[Array, ""]:
        """The learning rate of a step, counted from 0."""
        now = jnp.asarray(step).astype(jnp.result_type(self.learning_rate))
        risen = jnp.minimum(1, (now + 1) / jnp.maximum(self.warm_up, 1))
        past = jnp.clip((now - self.warm_up) / (self.n_steps - self.warm_up), 0, 1)
        return self.learning_rate * risen * (1 - (1 - self.final) * past)

    def optimiser(self, step: Int[Any, ""]) -> optax.GradientTransformation:
        """What is done with the gradient of a step."""
        adamw = optax.adamw(
            self.rate(step), self.beta1, self.beta2, self.eps, weight_decay=self.weight_decay
        )
        return optax.chain(optax.clip_by_global_norm(self.clip), adamw)

    def begin(self, weights: Any) -> Learning:
        """Before the first step. The weights are copied, because `learn` uses up what it is given.

        Raises:
            InvalidValue: for weights that `learn` has used up.
            UnknownName: if the weights have no field of a name in `frozen`.
        """
        _check_kept("weights", weights)
        paths = jax.tree_util.tree_flatten_with_path(weights)[0]
        fields = {_field(path) for path, _ in paths}
        for name in self.frozen:
            if name not in fields:
                raise UnknownName("field of the weights", name, fields)
        weights = jax.tree.map(lambda leaf: jnp.array(leaf, copy=True), weights)
        return Learning(weights, self.optimiser(0).init(weights), jnp.asarray(0, jnp.int32))


def loss(
    model: SequenceModel,
    weights: Any,
    passages: Passage,
    *,
    key: PRNGKeyArray | None = None,
    states: Any = None,
) -> Float[Array, ""]:
    """Mean of -log P(target) over the counted tokens of a batch, nats.

    Args:
        model: who reads.
        weights: what it has learnt.
        passages: [batch, time].
        key: of what is left out at random; None for nothing.
        states: [batch, ...] what each row has read before; None for nothing.

    Raises:
        InvalidValue: for weights that `learn` has used up; see also
            `sequence_model.check_passages`.
    """
    check_passages(passages, model.n_tokens, "batch", "time")
    _check_kept("weights", weights)
    _check_states(states, len(passages.tokens))
    return _loss(model, weights, jax.tree.map(jnp.asarray, passages), states, key)


def learn(
    model: SequenceModel,
    training: Training,
    learning: Learning,
    passages: Passage,
    states: Any = None,
    *,
    key: PRNGKeyArray | None = None,
) -> Taught:
    """Some steps of learning, one batch each, compiled once for all rates.

    A long run in blocks of steps is the same as at once. Whether something went wrong (a loss
    that is no number) is seen in the losses, and not before.

    Args:
        model: who learns.
        training: how.
        learning: from `training.begin` or from the block before. It is used up, and so are
            `states`: their memory is taken for the result.
        passages: [step, batch, time].
        states: [batch, ...] of each row, to read each step's passages from where the step before
            stopped, e.g. `jax.vmap(lambda _: model.empty(weights))(jnp.arange(batch))`; None to
            read each from the empty state.
        key: of what is left out at random while learning, the same whatever the blocks; None to
            leave out nothing.

    Raises:
        InvalidValue: if a batch is not a multiple of `training.parts`, states are not one for each
            row, or one of them or `learning` was used up before; see also
            `sequence_model.check_passages`.
    """
    _check_kept("learning", learning)
    _check_kept("states", states)
    check_passages(passages, model.n_tokens, "step", "batch", "time")
    batch = passages.tokens.shape[1]
    _check_states(states, batch)
    if batch % training.parts:
        raise InvalidValue(f"a batch of {batch} cannot be cut into {training.parts} equal parts.")
    kind = jnp.result_type(*jax.tree.leaves(learning.weights))
    training = jax.tree.map(lambda value: jnp.asarray(value, kind), training)
    passages = jax.tree.map(jnp.asarray, passages)
    return _learn((model, training, passages, key), learning, states)


def log_probabilities(
    model: SequenceModel, weights: Any, passages: Passage, states: Any = None
) -> Float[Array, "batch time"]:
    """log P(target) after each token, teacher-forced, nothing left out; natural logarithm.

    Args:
        model: who reads.
        weights: what it has learnt.
        passages: [batch, time]; what is counted plays no part, but targets that are not, may be
            no tokens, and then their value means nothing.
        states: [batch, ...] what each row has read before; None for nothing.

    Raises:
        InvalidValue: for weights that `learn` has used up; see also
            `sequence_model.check_passages`.
    """
    check_passages(passages, model.n_tokens, "batch", "time")
    _check_kept("weights", weights)
    _check_states(states, len(passages.tokens))
    return _log_probabilities(model, weights, jax.tree.map(jnp.asarray, passages), states)


def windows(
    text: Int[Any, " length"], n: int | tuple[int, ...], length: int, *, key: PRNGKeyArray
) -> Passage:
    """Stretches of a text that begin anywhere, drawn evenly and with replacement.

    Args:
        text: ids.
        n: how many; (n_steps, batch) for those of several steps.
        length: tokens to read in each; the last target is one further.
        key: of where they begin.

    Raises:
        InvalidValue: if the text is shorter than length + 1, or a size below 1.
    """
    shape = (n,) if isinstance(n, int) else tuple(n)
    text = _text(text, length + 1, *shape, length)
    return _windows(text, shape, length, key)


@eqx.filter_jit
def _windows(
    text: Int[Array, " length"], shape: tuple[int, ...], length: int, key: PRNGKeyArray
) -> Passage:
    starts = jax.random.randint(key, shape, 0, len(text) - length)
    places = jnp.arange(length + 1).reshape((1,) * len(shape) + (-1,))
    return Passage.of(text[starts[..., None] + places])


def streams(text: Int[Any, " length"], batch: int, length: int) -> Passage:
    """A text cut into as many streams as a batch has rows, and these into steps: nothing twice.

    Args:
        text: ids.
        batch: rows; row b reads the b-th part of the text.
        length: tokens that each row reads in a step.

    Returns:
        [step, batch, length]; what is left at the end of the text is not read.

    Raises:
        InvalidValue: if the text is shorter than batch x length + 1, or a size below 1.
    """
    text = _text(text, batch * length + 1, batch, length)
    n_steps = (len(text) - 1) // (batch * length)
    read = n_steps * batch * length
    rows = [text[here : here + read].reshape(batch, n_steps, length) for here in (0, 1)]
    tokens, targets = (jnp.swapaxes(each, 0, 1) for each in rows)
    return Passage(tokens, targets, jnp.ones(tokens.shape))


# ---- one step ------------------------------------------------------------------------------------


@eqx.filter_jit(donate="all-except-first")
def _learn(
    given: tuple[Any, Training, Passage, PRNGKeyArray | None], learning: Learning, states: Any
) -> Taught:
    model, training, passages, key = given

    def step(now: tuple[Learning, Any], some: Passage) -> tuple[tuple[Learning, Any], Array]:
        learning, states = now
        keys = _keys(key, learning.n_steps, len(some.tokens))
        rows = (some, jax.lax.stop_gradient(states), keys)
        value, states, gradient = _gradient(model, training.parts, learning.weights, rows)
        return (_updated(training, learning, gradient), states), value

    (learning, states), losses = jax.lax.scan(step, (learning, states), passages)
    return Taught(learning, losses, states)


def _gradient(
    model: SequenceModel, parts: int, weights: Any, rows: tuple[Passage, Any, Any]
) -> tuple[Float[Array, ""], Any, Any]:
    """The loss of a batch, the states after it, and the gradient."""
    share = jax.value_and_grad(_share_of_loss, has_aux=True)
    total = rows[0].counted.sum()
    if parts == 1:
        (value, after), gradient = share(weights, model, total, *rows)
        return value, after, gradient

    def part(sums: Any, some: tuple[Passage, Any, Any]) -> tuple[Any, Any]:
        (value, after), gradient = share(weights, model, total, *some)
        return jax.tree.map(jnp.add, sums, (value, gradient)), after

    cut = jax.tree.map(lambda leaf: leaf.reshape(parts, -1, *leaf.shape[1:]), rows)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    zero = jnp.zeros((), jnp.result_type(*jax.tree.leaves(weights)))
    (value, gradient), after = jax.lax.scan(part, (zero, zeros), cut)
    after = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), after)
    return value, after, gradient


def _share_of_loss(
    weights: Any,
    model: SequenceModel,
    total: Float[Array, ""],
    passages: Passage,
    states: Any,
    keys: Any,
) -> tuple[Float[Array, ""], Any]:
    """What some rows add to a mean over `total` tokens, and their states after, if they had any."""
    said, after = _targets(model, weights, passages, states, keys)
    # A target that is not counted need be no token: what stands there is not a number of anything.
    said = jnp.where(passages.counted > 0, said, 0)
    value = -(said * passages.counted.astype(said.dtype)).sum() / total.astype(said.dtype)
    return value, None if states is None else after


def _targets(
    model: SequenceModel, weights: Any, passages: Passage, states: Any, keys: Any
) -> tuple[Float[Array, "batch time"], Any]:
    """log P(target) after each token, and the states after the last."""

    def read(tokens: Array, state: Any, key: Any) -> tuple[Array, Any]:
        return model.read(weights, tokens, state, key=key)

    logits, after = jax.vmap(read)(passages.tokens, states, keys)
    places = jnp.clip(passages.targets, 0, logits.shape[-1] - 1)[..., None]
    right = jnp.take_along_axis(logits, places, -1)[..., 0]
    return right - jax.nn.logsumexp(logits, -1), after


@eqx.filter_jit
def _loss(
    model: SequenceModel, weights: Any, passages: Passage, states: Any, key: PRNGKeyArray | None
) -> Float[Array, ""]:
    keys = _keys(key, 0, len(passages.tokens))
    return _share_of_loss(weights, model, passages.counted.sum(), passages, states, keys)[0]


@eqx.filter_jit
def _log_probabilities(
    model: SequenceModel, weights: Any, passages: Passage, states: Any
) -> Float[Array, "batch time"]:
    return _targets(model, weights, passages, states, None)[0]


def _updated(training: Training, learning: Learning, gradient: Any) -> Learning:
    weights, moments, n_steps = learning
    gradient = _thawed(gradient, training.frozen)  # else a frozen field would be clipped for
    with jax.numpy_dtype_promotion("standard"):  # optax mixes its count of steps with floats
        change, moments = training.optimiser(n_steps).update(gradient, moments, weights)
    change = _thawed(change, training.frozen)  # else it would decay
    return Learning(optax.apply_updates(weights, change), moments, n_steps + 1)


def _thawed(tree: Any, frozen: tuple[str, ...]) -> Any:
    """0 in every frozen field."""
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: jnp.zeros_like(leaf) if _field(path) in frozen else leaf, tree
    )


def _field(path: tuple[Any, ...]) -> str:
    """The name of the outermost field."""
    key = path[0] if path else ""
    return str(getattr(key, "name", getattr(key, "key", key)))


def _keys(key: PRNGKeyArray | None, step: Int[Any, ""], batch: int) -> Any:
    """One of each row, the same whatever steps came before in this call."""
    return None if key is None else jax.random.split(jax.random.fold_in(key, step), batch)


# ---- what is refused -----------------------------------------------------------------------------


def _traced(value: Any) -> bool:
    return isinstance(value, jax.core.Tracer)


def _text(text: Any, least: int, *sizes: int) -> Array:
    text = jnp.asarray(text)
    if min(sizes, default=1) < 1:
        raise InvalidValue(f"sizes are {sizes}, expected 1 or more of each.")
    if text.ndim != 1 or not jnp.issubdtype(text.dtype, jnp.integer) or len(text) < least:
        raise InvalidValue(
            f"the text is {text.dtype} of shape {text.shape}, expected integers in a row, and "
            f"{least} or more; choose shorter or fewer passages, or a longer text."
        )
    return text


def _check_states(states: Any, batch: int) -> None:
    for leaf in jax.tree.leaves(states):
        if jnp.shape(leaf)[:1] != (batch,):
            raise InvalidValue(
                f"a state has shape {jnp.shape(leaf)}, expected [batch, ...] with a batch of "
                f"{batch}; give every row a state of its own."
            )


def _check_kept(what: str, tree: Any) -> None:
    for leaf in jax.tree.leaves(tree):
        if isinstance(leaf, jax.Array) and not _traced(leaf) and leaf.is_deleted():
            raise InvalidValue(
                f"the {what} given had been used up by `learn`, which takes its memory for the "
                "result; go on from what it returned, or give it a copy: "
                "`jax.tree.map(jax.numpy.copy, ...)`."
            )
