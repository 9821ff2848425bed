"""What the schema cannot see: names that must exist in the data pack, and numbers that must fit each other."""
