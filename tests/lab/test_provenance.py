"""Provenance: the hash of a configuration, and what a result carries."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cogmem.lab.provenance import config_hash, provenance


@dataclass(frozen=True)
class Config:
    rate: float = 0.5
    data: str = "peers"


def test_the_hash_depends_on_every_value_and_on_nothing_else():
    assert config_hash(Config()) == config_hash(Config(0.5, "peers"))
    assert (
        len({config_hash(Config(0.5)), config_hash(Config(0.25)), config_hash(Config(data="x"))})
        == 3
    )


def test_provenance_is_json_and_names_versions_and_commit():
    how = json.loads(json.dumps(provenance(Config())))
    assert how["config"] == {"rate": 0.5, "data": "peers"}
    assert {"python", "jax", "numpy", "cogmem"} <= set(how["versions"])
    assert how["commit"]
