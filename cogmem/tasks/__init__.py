"""What is asked of people and models: study lists and tests."""

from cogmem.tasks.free_recall import FreeRecall
from cogmem.tasks.paradigms import ChangeDetection, Recognition, SerialRecall

__all__ = ["ChangeDetection", "FreeRecall", "Recognition", "SerialRecall"]
