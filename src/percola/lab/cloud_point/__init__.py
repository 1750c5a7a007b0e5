"""Cloud points and the planar interface by the standing method, paragraphs 28 to 30 and 57."""
