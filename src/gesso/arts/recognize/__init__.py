"""Labels with reasons: what a picture shows, how sure that is, and whether it is like anything known at all."""
