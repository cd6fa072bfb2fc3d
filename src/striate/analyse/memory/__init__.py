"""The memory of a step: what is kept, what comes and goes, when it is most, and what would lower that."""
