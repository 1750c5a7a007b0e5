"""Bubble point: the largest pore of a wetted membrane, by first flow and by threshold flow, after ASTM F316 and E128."""
