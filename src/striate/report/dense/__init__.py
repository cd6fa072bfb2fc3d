"""Prediction maps: their page, their figure, and pictures of them on disk."""
