"""What the studio answers, an address each."""
