"""Training: which settings, the trainer, the run that it fills, and the queue of such runs."""
