"""``python -m projectors`` is the ``projectors`` program."""

from projectors.cli import main

if __name__ == "__main__":
    main()
