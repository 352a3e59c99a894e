"""Answers from rows: reports, series, differences, exports, verification."""
