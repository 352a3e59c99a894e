"""Rebuilds: a view folded again into a generation beside the serving one, compared, and switched to.

``plan`` turns what was asked for into blocks, ``site`` is the place where the new generation grows,
``fold`` grows it, in this process or shared by several, ``comparison`` says what will be different, and
``run`` puts them together.
"""
