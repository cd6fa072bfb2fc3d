"""Networks on paper, and reports that were written."""
