"""Everything that is written from the schemas: lock, message classes, codec, reference pages.

Each module turns the parsed schemas into the text of one kind of file and touches no disk;
``outputs`` puts them together and ``__main__`` writes or checks them.
"""
