"""What a calibration says of recipes: readings, windows, maps, what has models of its own, runs in three dimensions."""
