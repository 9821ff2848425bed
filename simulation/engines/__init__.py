"""Engines: how people are split along the chain of `Inputs`."""
