"""Rollbacks from the operators' side: candidates compared, the plan, the proof."""
