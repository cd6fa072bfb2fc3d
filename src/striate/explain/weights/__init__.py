"""What the weights of a layer show by themselves."""
