"""The surface layer: exchange with the medium, its march, its parameters, pores of the surface over those inside."""
