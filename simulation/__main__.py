"""`python -m simulation` is `aatd`."""

from simulation.cli import main

if __name__ == "__main__":
    main()
