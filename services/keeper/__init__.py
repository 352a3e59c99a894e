"""The risk keeper: finds accounts below maintenance at every tick, and asks for their liquidation.

It only asks. What it believes may be old; the writer decides on the state at the moment.
"""
