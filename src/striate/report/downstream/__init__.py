"""The page of a comparison of features: the ranking, along the layers, with few labels."""
