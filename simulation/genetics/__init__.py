"""Genotypes from allele frequencies."""
