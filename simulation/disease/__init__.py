"""Disease of lung and liver given genotype, smoking and age."""
