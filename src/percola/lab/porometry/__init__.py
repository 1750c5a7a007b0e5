"""Capillary flow porometry: wet and dry gas flow against pressure to pore sizes, after ASTM F316."""
