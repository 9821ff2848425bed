"""Who is diagnosed with COPD, and whose alpha-1 antitrypsin deficiency is recognised."""
