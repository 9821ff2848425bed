"""Studies: what is run with a config."""
