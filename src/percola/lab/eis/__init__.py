"""Ionic conductivity from impedance spectra: paragraph 89(13)."""
