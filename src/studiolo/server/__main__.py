"""`python -m studiolo.server --fd N`: serves on a socket that `studiolo up` bound."""

from studiolo.server.main import main

if __name__ == "__main__":
    main()
