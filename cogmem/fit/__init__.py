"""Fitting participants to people, and scoring them on lists they were not fitted to."""

from cogmem.fit.evolution import Evolved, evolve
from cogmem.fit.holdout import bits_per_response, simulate
from cogmem.fit.multistart import Fit, Search, draw_starts, fit
from cogmem.fit.objective import list_log_likelihoods, objective
from cogmem.fit.people import People, split_lists

__all__ = [
    "Evolved",
    "Fit",
    "People",
    "Search",
    "bits_per_response",
    "draw_starts",
    "evolve",
    "fit",
    "list_log_likelihoods",
    "objective",
    "simulate",
    "split_lists",
]
