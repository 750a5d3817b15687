"""Latent space itself: paths through it and maps of it. Knows numpy only."""
