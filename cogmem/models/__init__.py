"""Published models of memory, one file each. Nothing here knows of people or experiments."""

from cogmem.models.card import Card, read_cards

__all__ = ["Card", "read_cards"]
