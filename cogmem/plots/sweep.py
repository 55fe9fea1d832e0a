"""Sweeps as pictures."""


def heat_maps(*a, **k): ...
