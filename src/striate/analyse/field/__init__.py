"""Receptive fields: what a unit can see, exactly, and what borders do to it."""
