"""Uncertain parameters: their distributions and their draws."""
