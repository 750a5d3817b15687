"""Encoders and decoders, what they are made of, and what is minimized over them."""
