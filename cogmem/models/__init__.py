"""Published models of memory, one file each. Nothing here knows of people or experiments."""

from cogmem.models.card import Card, cite, read_cards

__all__ = ["Card", "cite", "read_cards"]
