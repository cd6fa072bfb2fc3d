"""What changes when a part of the image is covered."""
