"""Prediction: the reduced model of the whole way, its calibration on specimens, and what it says of a recipe.

Sits above the pipeline: the three-dimensional run stays the truth that the reduced model answers to.
"""
