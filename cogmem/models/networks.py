"""Networks that other models are compared with: a Transformer, and three that are recurrent.

They are defined in `transformer` and `recurrent_network`; here are their card, and `sized`, for
comparisons at equal numbers of weights. Readouts are not tied to embeddings unless asked for, so
that these numbers are plain sums.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from cogmem.errors import InvalidValue, UnknownName
from cogmem.models.card import Card
from cogmem.models.recurrent_network import (
    ElmanCell,
    Kind,
    RecurrentNetwork,
    RecurrentWeights,
    random_cells,
    recur,
)
from cogmem.models.sequence_model import SequenceModel, count_weights
from cogmem.models.transformer import Block, Cache, Position, Transformer, TransformerWeights

__all__ = [
    "CARD",
    "Block",
    "Cache",
    "ElmanCell",
    "Kind",
    "Position",
    "RecurrentNetwork",
    "RecurrentWeights",
    "Transformer",
    "TransformerWeights",
    "random_cells",
    "recur",
    "sized",
]

CARD = Card(
    name="networks",
    title="Baselines that predict the next token: a GPT-2-style Transformer; Elman, GRU and LSTM",
    paper="Radford et al. (2019); Elman (1990); Cho et al. (2014); Hochreiter & Schmidhuber (1997)",
    equations=(
        "GPT-2: layer norm before attention and before a GELU network (tanh form), residual sums, "
        "a last norm, learned positions or ALiBi or none; weights normal .02, those that add to "
        "the stream over sqrt(2 layers), biases 0. ALiBi slopes 2^(-8 i / heads) for any number of "
        "heads. Cells of equinox, whose LSTM has a forget gate and whose GRU applies the reset "
        "gate after the recurrent product; uniform in +-1/sqrt(width)."
    ),
    left_out="byte-pair tokens; readouts tied by default; peepholes; layer norm in cells",
    vectors=(
        "no published vectors; attention and a GRU, LSTM and Elman step written out by hand, read "
        "= token by token (1e-5 in float32, 1e-12 in float64)"
    ),
    reproduced=("124,439,808 weights of the smallest GPT-2 as released, with tied readout",),
    not_reproduced=("no published loss or accuracy was tried: these networks are baselines",),
    bibtex="""@techreport{radford2019language,
  author = {Radford, Alec and Wu, Jeffrey and Child, Rewon and Luan, David and Amodei, Dario and
    Sutskever, Ilya},
  title = {Language Models are Unsupervised Multitask Learners},
  institution = {OpenAI}, year = {2019}
}

@article{elman1990finding,
  author = {Elman, Jeffrey L.},
  title = {Finding Structure in Time},
  journal = {Cognitive Science}, volume = {14}, number = {2}, pages = {179--211}, year = {1990}
}

@inproceedings{cho2014learning,
  author = {Cho, Kyunghyun and van Merri{\\"e}nboer, Bart and Gulcehre, Caglar and Bahdanau, Dzmitry
    and Bougares, Fethi and Schwenk, Holger and Bengio, Yoshua},
  title = {Learning Phrase Representations using {RNN} Encoder--Decoder for Statistical Machine
    Translation},
  booktitle = {EMNLP}, pages = {1724--1734}, year = {2014}
}

@article{hochreiter1997long,
  author = {Hochreiter, Sepp and Schmidhuber, J{\\"u}rgen},
  title = {Long Short-Term Memory},
  journal = {Neural Computation}, volume = {9}, number = {8}, pages = {1735--1780}, year = {1997}
}

@inproceedings{press2022train,
  author = {Press, Ofir and Smith, Noah A. and Lewis, Mike},
  title = {Train Short, Test Long: Attention with Linear Biases Enables Input Length
    Extrapolation},
  booktitle = {ICLR}, year = {2022}
}""",
)


def sized(
    kind: Literal["Transformer"] | Kind,
    n_tokens: int,
    n_weights: int,
    *,
    tolerance: float = 0.1,
    **options: Any,
) -> Any:
    """A network whose width is chosen so that it learns about as many numbers as another model.

    Args:
        kind: "Transformer", "RNN", "GRU" or "LSTM".
        n_tokens: size of the vocabulary.
        n_weights: wished for; see `count_weights`.
        tolerance: largest relative difference.
        options: other fields of `Transformer` or `RecurrentNetwork`.

    Raises:
        InvalidValue: if the nearest network differs by more; a Transformer's width is a multiple of
            its heads, so fewer heads come nearer.
        UnknownName: for a kind that is none.
    """
    if kind == "Transformer":
        unit = options.get("n_heads", Transformer.n_heads)
        build = _builder(Transformer, n_tokens, unit, options)
    elif kind in get_args(Kind):
        build = _builder(RecurrentNetwork, n_tokens, 1, options | {"kind": kind})
    else:
        raise UnknownName("kind of network", kind, ["Transformer", *get_args(Kind)])
    model = _nearest(build, n_weights)
    found = count_weights(model)
    if abs(found - n_weights) > tolerance * n_weights:
        raise InvalidValue(
            f"{n_weights} weights were asked of a {kind}; the nearest has {found}, more than "
            f"{tolerance:.0%} off. Choose other options, fewer heads, or a larger tolerance."
        )
    return model


def _builder(
    network: Any, n_tokens: int, unit: int, options: dict[str, Any]
) -> Callable[[int], SequenceModel]:
    return lambda n: network(n_tokens=n_tokens, width=n * unit, **options)


def _nearest(build: Callable[[int], SequenceModel], n_weights: int) -> SequenceModel:
    """Of models that grow with a whole number, the one whose weights are nearest in number."""
    high = 1
    while count_weights(build(high)) < n_weights:
        high *= 2
    low = max(high // 2, 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count_weights(build(middle)) < n_weights else (low, middle)
    return min((build(low), build(high)), key=lambda model: abs(count_weights(model) - n_weights))
