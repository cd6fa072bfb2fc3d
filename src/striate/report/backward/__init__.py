"""The page about a backward pass: every layer with the gradient that reaches it, and where a unit's came from."""
