"""Images grown from noise or from an image: priors, canvases, targets, and the ascent they share."""
