"""Stretching residual strain from lengths or areas before and after."""
