"""`python -m api`: one API process."""

from api.app import main

if __name__ == "__main__":
    main()
