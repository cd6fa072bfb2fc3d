"""The samples of the data as a map, linked with inputs and units."""
