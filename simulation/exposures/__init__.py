"""What people breathe: smoking status, pack-years, other exposures."""
