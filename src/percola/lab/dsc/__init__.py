"""Differential scanning calorimetry: T_m, T_c, enthalpies, crystallinity, and T_c against T_s with its plateau."""
