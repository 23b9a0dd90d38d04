"""`python -m studiolo`: the command line."""

from studiolo.cli.app import main

if __name__ == "__main__":
    main()
