"""The patent beside what is predicted of it: tables, peer, figures, what does not fit."""
