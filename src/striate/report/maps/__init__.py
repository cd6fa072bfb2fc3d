"""The pages about the vectors of a store: their map, and a search for the rows most alike."""
