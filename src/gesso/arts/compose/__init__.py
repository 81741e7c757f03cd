"""Music in four voices."""
