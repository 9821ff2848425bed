"""The data pack: every number the model knows, each row with its source."""
