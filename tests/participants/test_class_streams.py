"""Class streams as examples: what tasks share is made once, what they do not share is their own."""

from __future__ import annotations

import numpy as np

from cogmem.participants.class_streams import examples, in_numpy
from cogmem.tasks.continual import MEAN, SD, generated_images, generated_stream, normalised, split

IMAGES = generated_images(4, 20, 12, 8, seed=0)


def test_permuted_tasks_share_their_arrays() -> None:
    stream = generated_stream(3, 4, 20, 12, 8, seed=0)
    for part, which in zip(examples(stream), ("train", "test"), strict=True):
        assert len({id(each.inputs) for each in part}) == 1
        assert len({id(each.labels) for each in part}) == 1
        for each, task in zip(part, stream, strict=True):
            assert each.pixels.tolist() == task.pixels.tolist()
            wanted = (getattr(task, which) / 255 - MEAN) / SD
            np.testing.assert_allclose(each.inputs, wanted, rtol=1e-5)


def test_split_tasks_have_their_own() -> None:
    stream = split(IMAGES, 2)
    for part, which in zip(examples(stream), ("train", "test"), strict=True):
        for each, task in zip(part, stream, strict=True):
            assert each.labels.tolist() == getattr(task, f"{which}_label").tolist()
            wanted = (getattr(task, which) / 255 - MEAN) / SD
            np.testing.assert_allclose(each.inputs, wanted, rtol=1e-5)


def test_currents_by_numpy_are_those_of_numpy_to_the_bit() -> None:
    stream = generated_stream(1, 4, 20, 12, 8, seed=0)
    train, _ = examples(stream, currents=in_numpy)
    wanted = normalised(stream[0].train.astype("float32"))
    assert np.array_equal(np.asarray(train[0].inputs), wanted)
