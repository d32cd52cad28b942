"""Frozen values that every layer shares: dates, amounts, person numbers, decisions, errors."""
