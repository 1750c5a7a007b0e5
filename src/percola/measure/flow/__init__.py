"""What flows through the voids: gas, water, current and particles."""
