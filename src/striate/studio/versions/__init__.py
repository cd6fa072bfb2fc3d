"""Other versions of the network that is watched: weights a run kept on its way, and networks that were named beside it."""
