"""Surgical correction: the funding index of markets restated, and what followed from the wrong one made good.

``collect`` watches the recorded history and the counterfactual go by; ``planner`` makes of it a plan whose
body is everything that ``ApplyCorrection`` does; ``apply`` hands an approved plan to the ledger.
"""
