"""Water permeability from what a membrane lets through, paragraph 89(9)."""
