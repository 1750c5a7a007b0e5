"""Thickness of a membrane from readings or from a picture of its section (paragraph 89(4))."""
