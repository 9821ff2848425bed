"""The config file: its schema, its layers, and what must be true of it before anything runs."""
