"""What a genotype does to the body's alpha-1 antitrypsin."""
