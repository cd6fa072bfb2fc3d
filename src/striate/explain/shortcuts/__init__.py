"""Whether answers follow a place, a patch or the background instead of the object."""
