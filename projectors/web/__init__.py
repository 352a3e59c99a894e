"""The dashboard: static files that `projectors serve` answers with at `/`; ES modules, no build step."""
