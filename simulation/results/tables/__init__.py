"""The result tables: tidy, one row an answer, every number with its interval."""
