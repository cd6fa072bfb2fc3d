"""Units as a report shows them: what is said of each, the clearest example, and sheets of what they saw."""
