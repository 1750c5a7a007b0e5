"""Tensile test of strips and hollow fibres: curves of force against extension to strength, extension, modulus."""
