"""What is asked of people and models: study lists and tests."""

from cogmem.tasks.free_recall import FreeRecall

__all__ = ["FreeRecall"]
