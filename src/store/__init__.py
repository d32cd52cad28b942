"""PostgreSQL: mirrors, identities, submissions, evaluations, audit."""
