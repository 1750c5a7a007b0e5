"""Average pore size on micrographs of surface and section (paragraph 89(3))."""
