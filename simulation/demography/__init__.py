"""People by population, sex and age."""
