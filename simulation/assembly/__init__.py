"""Assembly: a config, the data pack and drawn parameters become `Inputs`. The only place that knows all three."""
