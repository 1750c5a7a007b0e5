"""Log reduction value from counts of particles, colonies, plaques or infected wells in feed and permeate."""
