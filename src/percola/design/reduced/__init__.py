"""The reduced model: what it needs of a recipe, the march, the chain to readings, the curves measured in three dimensions."""
