"""The page of a search: its space and limits, every trial, and the best trained again."""
