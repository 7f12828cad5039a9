"""`python -m sonotheque` is the command line."""

from sonotheque.surfaces.cli import main

if __name__ == "__main__":
    main()
