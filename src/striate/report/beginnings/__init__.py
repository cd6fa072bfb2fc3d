"""The page about beginnings: where each one starts, and the first steps from there."""
