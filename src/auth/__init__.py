"""Who may see what: tokens, scopes, purposes, row filters. Decides, keeps nothing."""
