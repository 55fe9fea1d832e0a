"""What every participant must satisfy, for whoever adds one.

    from cogmem.participants import conformance
    conformance.check(MyParticipant())

sits small tasks of every paradigm that the participant claims, and names the first rule that does
not hold. `rules` says what they are. That a rule holds for small tasks is no proof; that it does
not is an error in the participant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial
from numbers import Integral
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from cogmem.errors import CogmemError, UnknownName
from cogmem.models.parameters import get, table
from cogmem.participants.conformance_tasks import Exam, exam
from cogmem.participants.protocol import PARADIGMS, Participant
from cogmem.participants.roster import Mind

__all__ = ["LONGEST", "RuleBroken", "check", "rules"]

LONGEST = 90
"""Characters of how a paradigm is sat, or why it is not: they stand in a cell of a table."""

N_DRAWS = 16
"""Keys under one `vmap`, and so draws of a participant that are compared."""

CHANCE = 1e-4
"""That a participant which satisfies `no answer from numbers` is refused; its keys are fixed, so
that it is always refused or never."""

ROUNDING = 1e-5
"""Differences below this share of the largest evidence are rounding."""


class RuleBroken(CogmemError, AssertionError):
    """A participant does not do what all must; `rule` is its name in `rules`."""

    def __init__(self, who: str, rule: str, given: str, expected: str) -> None:
        self.rule = rule
        super().__init__(
            f"{who} breaks the rule {rule!r} ({_RULES[rule]}): got {given}; expected {expected}."
        )


def rules() -> dict[str, str]:
    """Every rule: its name, and what it asks."""
    return dict(_RULES)


def check(who: Participant | Mind, paradigms: Iterable[str] = PARADIGMS) -> None:
    """Whether a participant, or all participants of one name, satisfy every rule.

    Seconds for each paradigm, most of them compilation.

    Args:
        who: a participant, or a model's participants together, as of `roster.minds()`: each
            paradigm is then claimed or declined by one of them at least.
        paradigms: what it sits of them is tried.

    Raises:
        UnknownName: for no such paradigm.
        RuleBroken: naming the first rule that is broken, what was given and what was expected.
    """
    paradigms = list(paradigms)
    for name in set(paradigms) - set(PARADIGMS):
        raise UnknownName("paradigm", name, PARADIGMS)
    mind = who if isinstance(who, Mind) else Mind(type(who).__name__, (who,))
    for told in _ON_MINDS:
        told(mind)
    for participant in mind.participants:
        name = type(participant).__name__
        for told_of_one in _ON_PARTICIPANTS:
            told_of_one(name, participant)
        for paradigm in paradigms:
            if paradigm in participant.paradigms:
                _check_sitting(_Sitting(f"{name} in {paradigm}", participant, exam(paradigm)))


# ---- what it says of itself ----------------------------------------------------------------------


def _declared(mind: Mind) -> None:
    for paradigm in PARADIGMS:
        said = [each.paradigms.get(paradigm) for each in mind.participants]
        declined = [each.declines.get(paradigm) for each in mind.participants]
        told = [text for text in (*said, *declined) if text is not None]
        if not told:
            raise RuleBroken(
                mind.name,
                "declared",
                f"nothing on {paradigm}",
                f"{paradigm!r} in `paradigms`, with how, or in `declines`, with why",
            )
        for text in told:
            if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
                raise RuleBroken(
                    mind.name,
                    "declared",
                    f"{text!r} on {paradigm}",
                    f"a text of 1 to {LONGEST} characters",
                )


def _whole(name: str, participant: Participant) -> None:
    for count in ("n_chosen", "n_learnt"):
        value = getattr(participant, count)
        if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < 0:
            raise RuleBroken(name, "counted", f"{count} = {value!r}", "a whole number, 0 or more")


def _bounded(name: str, participant: Participant) -> None:
    values = get(participant)
    for parameter, entry in table(participant).items():
        low, high = entry.bounds
        for what, value in {
            "default": entry.default,
            "lowest start": entry.start[0],
            "highest start": entry.start[1],
            "value": values[parameter],
        }.items():
            numbers = np.asarray(value, float)
            if not ((low <= numbers) & (numbers <= high)).all():  # NaN is in no bounds
                raise RuleBroken(
                    name, "bounded", f"{what} {value} of {parameter}", f"{low:g} to {high:g}"
                )


# ---- what it does --------------------------------------------------------------------------------


class _Sitting:
    """One participant in one exam; every walk is computed once."""

    def __init__(self, who: str, participant: Participant, of: Exam) -> None:
        self.who, self.participant, self.exam = who, participant, of
        self.keys = jax.random.split(jax.random.key(1), N_DRAWS)
        self._batch = _compiled(jax.vmap(_walk, in_axes=(None, None, None, None, None, 0)))

    def refuse(self, rule: str, given: str, expected: str) -> RuleBroken:
        return RuleBroken(self.who, rule, given, expected)

    def batch(self, task: Any, events: Any, said: Any, keys: Any) -> np.ndarray:
        """Evidence [draw, step, candidate], all draws under one `vmap` and `jit`."""
        with _as_rule(self.who, "traceable"):
            found = self._batch(self.participant, task, events, self.exam.cues, said, keys)
        return np.asarray(found)

    @cached_property
    def found(self) -> np.ndarray:
        of = self.exam
        return self.batch(of.task, of.events, of.said, self.keys)

    def alone(self) -> np.ndarray:
        """Evidence [step, candidate] for the first key, verb by verb."""
        with _as_rule(self.who, "traceable"):
            return _verb_by_verb(self.participant, self.exam, self.keys[0])


class _as_rule:
    """What a participant raises, told as a broken rule."""

    def __init__(self, who: str, rule: str) -> None:
        self.who, self.rule = who, rule

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(error, RuleBroken):
            lines = str(error).strip().splitlines() or [""]
            given = f"{type(error).__name__}: {lines[0]}"
            raise RuleBroken(self.who, self.rule, given, "no error") from error


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jit`, compiled in haste: what is run once or twice is not worth optimising."""
    haste: dict[str, Any] = {"compiler_options": {"xla_backend_optimization_level": 0}}
    return eqx.filter_jit(function, **haste)


def _walk(
    participant: Participant,
    task: Any,
    events: Int[Array, " event"],
    cues: Int[Array, " step"] | None,
    said: Int[Array, " step"],
    key: PRNGKeyArray,
) -> Float[Array, "step candidate"]:
    """Study, rest, and evidence at each step, after which something is said."""

    def study(state: Any, item: Array) -> tuple[Any, None]:
        return participant.study(state, item), None

    def answer(state: Any, asked: tuple[Array, Array]) -> tuple[Any, Array]:
        cue, item = asked
        evidence = participant.evidence(state, None if cues is None else cue)
        return participant.report(state, item), evidence

    state, _ = jax.lax.scan(study, participant.begin(task, key=key), events)
    state = participant.rest(state, getattr(task, "delay", 0.0))
    return jax.lax.scan(answer, state, (said if cues is None else cues, said))[1]


def _verb_by_verb(participant: Participant, of: Exam, key: PRNGKeyArray) -> np.ndarray:
    """The same walk as it goes in a notebook: every verb a program of its own."""
    begin, study, rest, evidence, report = (
        # A function of its own each time, so that nothing of an earlier trace is used again.
        partial(_compiled(lambda verb, *given: verb(*given)), verb)
        for verb in (
            lambda task, key: participant.begin(task, key=key),
            participant.study,
            participant.rest,
            participant.evidence,
            participant.report,
        )
    )
    state = begin(of.task, key)
    for item in of.events:
        state = study(state, item)
    state = rest(state, getattr(of.task, "delay", 0.0))
    each = []
    for step, item in enumerate(of.said):
        each.append(evidence(state, None if of.cues is None else of.cues[step]))
        state = report(state, item)
    return np.stack([np.asarray(one) for one in each])


def _keeps_form(sat: _Sitting) -> None:
    """Structure, shapes, dtypes and the old state, all at once, while nothing is computed."""
    participant, of = sat.participant, sat.exam
    cue = None if of.cues is None else of.cues[0]

    verbs: list[tuple[str, Callable[[Any], Any]]] = [
        ("study", lambda s: participant.study(s, of.events[0])),
        ("rest", lambda s: participant.rest(s, 0.0)),
        ("report", lambda s: participant.report(s, of.said[0])),
        ("study", lambda s: participant.study(s, of.events[1])),
    ]

    def forms(key: PRNGKeyArray) -> Array:
        state = participant.begin(of.task, key=key)
        begun = _form(state)
        for name, verb in verbs:
            new = _unchanged(sat, name, verb, state)
            if _form(new) != begun:
                raise sat.refuse(
                    "one form", f"{_form(new)} after `{name}`", f"as after `begin`, {begun}"
                )
            state = new
        return jnp.asarray(
            _unchanged(sat, "evidence", lambda s: participant.evidence(s, cue), state)
        )

    with _as_rule(sat.who, "traceable"):
        evidence = jax.eval_shape(forms, sat.keys[0])
    expected = (of.task.n_candidates,)
    if evidence.shape != expected or not jnp.issubdtype(evidence.dtype, jnp.floating):
        raise sat.refuse(
            "a number each",
            f"{evidence.dtype}{list(evidence.shape)} from `evidence`",
            f"one real number per candidate, float{list(expected)}",
        )


def _unchanged(sat: _Sitting, name: str, verb: Callable[[Any], Any], state: Any) -> Any:
    """What a verb returns, if it leaves the state that it was given as it was."""
    before, structure = jax.tree.leaves(state), jax.tree.structure(state)
    copies = [each.copy() if isinstance(each, np.ndarray) else each for each in before]
    new = verb(state)
    after = jax.tree.leaves(state)
    kept: Any = jax.tree.structure(state)
    same = kept == structure and all(
        a is b and (a is c or np.array_equal(a, c))
        for a, b, c in zip(after, before, copies, strict=True)
    )
    if not same:
        raise sat.refuse(
            "pure", f"another state in the place of the one `{name}` was given", "a new state"
        )
    return new


def _form(state: Any) -> tuple[Any, list[tuple[tuple[int, ...], Any]]]:
    """Structure, and shape and dtype of every leaf."""
    leaves = [jnp.asarray(leaf) for leaf in jax.tree.leaves(state)]
    return jax.tree.structure(state), [(leaf.shape, leaf.dtype) for leaf in leaves]


def _finite(sat: _Sitting) -> None:
    if not np.isfinite(sat.found).all():
        draw, step, candidate = np.argwhere(~np.isfinite(sat.found))[0]
        value = sat.found[draw, step, candidate]
        given = f"{value} for candidate {candidate} at question {step}, draw {draw}"
        raise sat.refuse("finite", given, "finite numbers, e.g. the log of a floor for none")


def _pure(sat: _Sitting) -> None:
    of = sat.exam
    again = sat.batch(of.task, of.events, of.said, sat.keys)
    if not np.array_equal(again, sat.found):
        raise sat.refuse("pure", _far(again, sat.found), "the same evidence for the same key")


def _same_alone(sat: _Sitting) -> None:
    alone = sat.alone()
    if _alike(alone, sat.found[0]).all():
        return
    if not _alike(alone, sat.alone()).all():
        raise sat.refuse("pure", "other evidence each time", "the same evidence for the same key")
    given = _far(alone, sat.found[0])
    raise sat.refuse("same alone", given, "the same evidence alone and in a batch")


def _foreknowledge(sat: _Sitting) -> None:
    of = sat.exam
    later = sat.batch(of.later, of.events, of.said, sat.keys)
    there, here = later[..., of.compared], sat.found[..., of.compared]
    if not _alike(there, here).all():
        raise sat.refuse(
            "no foreknowledge",
            f"{_far(there, here)} between two tasks that were the same so far",
            "the same evidence: what is to come, and what is right, are not known",
        )


def _numbers(sat: _Sitting) -> None:
    of = sat.exam
    if of.names is None:
        return
    names, said = np.asarray(of.names), of.names[of.said]

    def renamed(keys: Array) -> np.ndarray:
        return sat.batch(of.renamed, of.renamed_events, said, keys)[..., names]

    alike = np.asarray(_alike(renamed(sat.keys), sat.found).all(axis=0))
    if alike.all():
        return
    other = renamed(jax.random.split(jax.random.key(2), N_DRAWS))
    p = _p_same(other, sat.found, ~alike)
    if p < CHANCE:
        raise sat.refuse(
            "no answer from numbers",
            f"evidence that depends on which number a candidate has (p = {p:.1g})",
            f"the same distribution over {N_DRAWS} draws: items are known by study alone",
        )


def _p_same(
    one: Float[np.ndarray, "draw step candidate"],
    other: Float[np.ndarray, "draw step candidate"],
    where: Bool[np.ndarray, "step candidate"],
) -> float:
    """Kolmogorov and Smirnov's p that two samples have one distribution, Bonferroni's least."""
    from scipy.stats import ks_2samp  # slow to import, and only needed where draws differ

    scale = ROUNDING * max(np.abs(one).max(), np.abs(other).max())
    each = [
        ks_2samp(np.round(one[:, s, c] / scale), np.round(other[:, s, c] / scale)).pvalue
        for s, c in np.argwhere(where)
    ]
    return float(min(1.0, min(each) * len(each)))


def _alike(a: np.ndarray, b: np.ndarray) -> Bool[np.ndarray, ...]:
    """Which numbers differ by rounding at most."""
    return np.abs(a - b) <= ROUNDING * max(np.abs(a).max(), np.abs(b).max())


def _far(a: np.ndarray, b: np.ndarray) -> str:
    return f"a difference of {np.abs(a - b).max():.2g}"


_RULES = {
    "declared": f"each paradigm is claimed or declined, in at most {LONGEST} characters",
    "counted": "numbers chosen and weights learnt are counted",
    "bounded": "each parameter's default, starts and value lie within its bounds",
    "traceable": "the verbs run under jit, vmap and scan",
    "one form": "every verb keeps the state's structure, shapes and dtypes",
    "a number each": "evidence is one real number per candidate",
    "finite": "evidence is finite",
    "pure": "the same key gives the same evidence, and no verb changes the state it is given",
    "same alone": "a batch is list by list, and a scan is verb by verb",
    "no foreknowledge": "evidence does not depend on what is not studied yet, nor on what is right",
    "no answer from numbers": "giving candidates other numbers gives their evidence those numbers",
}

_ON_MINDS = (_declared,)
_ON_PARTICIPANTS = (_whole, _bounded)
_ON_SITTINGS = (_keeps_form, _finite, _pure, _same_alone, _foreknowledge, _numbers)


def _check_sitting(sat: _Sitting) -> None:
    for holds in _ON_SITTINGS:
        holds(sat)
