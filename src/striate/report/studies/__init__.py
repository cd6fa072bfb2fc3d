"""The page of a study: the cells, their scores, what they cost, and how healthy the networks are."""
