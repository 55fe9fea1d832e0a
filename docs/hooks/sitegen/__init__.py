"""The pages of the documentation that are made from cogmem itself, so that they cannot go stale."""
