"""The space of the voids: what is connected, how wide it is, and what passes through it."""
