"""Specimens, priors, likelihood, sampling, leave-one-out: the calibration."""
