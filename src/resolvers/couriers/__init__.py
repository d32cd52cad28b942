"""One courier per agency: which call a submission becomes (mapping.md section 5)."""
