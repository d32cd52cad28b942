"""The OSH training system: signed file drops and the filing API."""
