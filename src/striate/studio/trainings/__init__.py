"""Trainings of the network that is watched: begun, followed, stopped and gone on with."""
