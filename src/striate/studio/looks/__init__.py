"""Inputs looked at: what every layer and every neuron makes of them."""
