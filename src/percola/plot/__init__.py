"""Pictures: ``f(result, ax=None) -> Axes``, drawing only what was computed elsewhere."""
