"""Measuring for a report: one pass over the held-out data, then every method as far as the network's work affords it."""
