"""Rebinding: copies of the user's functions that see an active ``numpy`` and ``math``."""
