"""What the polymer network carries: its elastic stiffness."""
