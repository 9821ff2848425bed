"""The report: one page that a health department could forward."""
