"""Results: sums of the leaves, their summaries, tables, files and plots."""
