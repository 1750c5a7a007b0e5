"""The form of the structure: lines and sections, directions, surfaces and branches."""
