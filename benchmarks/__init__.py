"""Figures of this machine, each a ratio to a peer that was measured in the same run."""
