"""Read what a survey found: tables of genotypes or alleles, files of other programs, and what is fitted to them."""
