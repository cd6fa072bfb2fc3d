"""Long work behind the page, and what a survey says of units."""
