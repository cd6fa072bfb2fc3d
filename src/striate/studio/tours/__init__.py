"""Guided tours: data files of steps, and what each of them is in the network that is watched."""
