"""Figures and tables that a report shares with other pages, or that are too long for their section, as data."""
