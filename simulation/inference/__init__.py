"""From counts to frequencies: arrays in, arrays out, each estimate with its interval."""
