"""The counterfactual: the recorded commands from a block on, decided again under corrected inputs.

``corrections`` says which inputs; ``replay`` decides; ``window`` reads the log; ``run`` puts them together.
Pinned commands are applied as they happened, replayed ones are decided again, derived ones ask the
keeper's condition again. Docs: ``docs/adr/0020-what-the-counterfactual-holds-fixed.md``.
"""
