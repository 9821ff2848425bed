"""Who could be treated."""
