"""One module per business area: ``decide_*`` functions of its commands, ``evolve_*`` of its events.

A ``decide_*`` function checks in the order of the refusal codes and answers the first that
applies; it never changes the state. An ``evolve_*`` function takes over what an event says and
computes nothing that the event says already.
"""
